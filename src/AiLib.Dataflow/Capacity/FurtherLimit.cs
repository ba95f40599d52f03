namespace AiLib.Dataflow.Capacity;

/// <summary>The limits that few targets have. They are kept apart, so that the others pay one look for them.</summary>
internal enum FurtherLimit
{
    /// <summary>LLM tokens of the prompts, a minute.</summary>
    Input,

    /// <summary>LLM tokens of the answers, a minute.</summary>
    Output,

    /// <summary>Requests, a day.</summary>
    DayRequests,

    /// <summary>LLM tokens, a day.</summary>
    DayTokens,
}
