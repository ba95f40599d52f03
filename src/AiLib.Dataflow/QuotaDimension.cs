namespace AiLib.Dataflow;

/// <summary>What a quota counts.</summary>
public enum QuotaDimension
{
    /// <summary>Requests.</summary>
    Requests,

    /// <summary>LLM tokens, whatever their direction.</summary>
    Tokens,

    /// <summary>LLM tokens of the prompts.</summary>
    InputTokens,

    /// <summary>LLM tokens of the answers.</summary>
    OutputTokens,
}
