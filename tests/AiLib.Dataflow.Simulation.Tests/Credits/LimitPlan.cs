using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>What is configured, in whole numbers only.</summary>
/// <param name="MicroPerSecond">Requests in a million seconds.</param>
/// <param name="PerMinute">Requests a minute.</param>
/// <param name="Tokens">Tokens a minute.</param>
/// <param name="Burst">Requests at once.</param>
/// <param name="TokenBurst">Tokens at once.</param>
/// <param name="Headroom">Millionths of each rate that stay unused.</param>
/// <param name="Learns">Whether answers are listened to.</param>
internal sealed record LimitPlan(long? MicroPerSecond, long? PerMinute, long? Tokens, long? Burst, long? TokenBurst, int Headroom, bool Learns)
{
    /// <summary>The same of the rates of requests; null where it is no other.</summary>
    public int? RequestHeadroom { get; init; }

    /// <summary>Input tokens a minute.</summary>
    public long? Input { get; init; }

    /// <summary>Input tokens at once.</summary>
    public long? InputBurst { get; init; }

    /// <summary>Output tokens a minute.</summary>
    public long? Output { get; init; }

    /// <summary>Output tokens at once.</summary>
    public long? OutputBurst { get; init; }

    /// <summary>Requests a day.</summary>
    public long? DayRequests { get; init; }

    /// <summary>Tokens a day.</summary>
    public long? DayTokens { get; init; }

    /// <summary>The largest cost that may pass; null where there is no such limit.</summary>
    public long? LargestCost => Tokens is null || DayTokens < (TokenBurst ?? Tokens) ? DayTokens : TokenBurst ?? Tokens;

    /// <summary>The longest prompt that may pass; null where there is no such limit.</summary>
    public long? LargestInput => Input is null ? null : InputBurst ?? Input;

    /// <summary>The longest answer that may be reserved; null where there is no such limit.</summary>
    public long? LargestOutput => Output is null ? null : OutputBurst ?? Output;

    /// <summary>The same as the product takes it.</summary>
    public RateLimiterOptions ToOptions() => new()
    {
        RequestsPerSecond = MicroPerSecond / 1e6,
        RequestsPerMinute = PerMinute,
        TokensPerMinute = Tokens,
        BurstSize = Burst,
        TokenBurst = TokenBurst,
        InputTokensPerMinute = Input,
        InputTokenBurst = InputBurst,
        OutputTokensPerMinute = Output,
        OutputTokenBurst = OutputBurst,
        RequestsPerDay = DayRequests,
        TokensPerDay = DayTokens,
        Headroom = Headroom / 1e6,
        RequestHeadroom = RequestHeadroom / 1e6,
        LearnsFromAnswers = Learns,
    };
}
