namespace AiLib.Dataflow.Simulator.Limits;

/// <summary>What the headers say about both limits, after the request they belong to; null where there is no limit.</summary>
internal readonly record struct QuotaReading(LimitReading? Requests, LimitReading? Tokens)
{
    /// <summary>Tokens of prompts per minute.</summary>
    public LimitReading? InputTokens { get; init; }

    /// <summary>Tokens of answers per minute.</summary>
    public LimitReading? OutputTokens { get; init; }

    /// <summary>Requests per day.</summary>
    public LimitReading? DayRequests { get; init; }
}
