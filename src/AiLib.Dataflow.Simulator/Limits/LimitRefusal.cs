namespace AiLib.Dataflow.Simulator.Limits;

/// <summary>Why a limit turned a request away.</summary>
/// <param name="Kind">Which limit it was.</param>
/// <param name="NeverFits">True when the request is larger than the limit can ever allow.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Used">What of it was in use.</param>
/// <param name="Requested">What the request asked for.</param>
/// <param name="Wait">The time until it could pass; zero when that cannot be said.</param>
internal readonly record struct LimitRefusal(RefusedBy Kind, bool NeverFits, long Limit, long Used, long Requested, TimeSpan Wait);

/// <summary>The limits that can turn a request away.</summary>
internal enum RefusedBy
{
    /// <summary>Requests per minute.</summary>
    Requests,

    /// <summary>Tokens per minute.</summary>
    Tokens,

    /// <summary>Tokens of prompts per minute.</summary>
    InputTokens,

    /// <summary>Tokens of answers per minute.</summary>
    OutputTokens,

    /// <summary>Requests per day.</summary>
    DayRequests,

    /// <summary>Tokens per day.</summary>
    DayTokens,

    /// <summary>Requests at once.</summary>
    Concurrency,
}
