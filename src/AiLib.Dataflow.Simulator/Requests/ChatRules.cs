namespace AiLib.Dataflow.Simulator.Requests;

/// <summary>Where the two chat formats differ in what they accept.</summary>
/// <param name="MaxTokensRequired">True when a request must say how long its answer may be.</param>
/// <param name="Roles">The roles a message can have.</param>
internal sealed record class ChatRules(bool MaxTokensRequired, string[] Roles)
{
    /// <summary>OpenAI's chat completions.</summary>
    public static ChatRules OpenAI { get; } = new(MaxTokensRequired: false, ["system", "assistant", "user", "function", "tool", "developer"]);

    /// <summary>Anthropic's messages.</summary>
    public static ChatRules Anthropic { get; } = new(MaxTokensRequired: true, ["user", "assistant"]);
}
