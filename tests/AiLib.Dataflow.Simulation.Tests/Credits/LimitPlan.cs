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
    /// <summary>The largest cost that may pass; null where there is no such limit.</summary>
    public long? LargestCost => Tokens is null ? null : TokenBurst ?? Tokens;

    /// <summary>The same as the product takes it.</summary>
    public RateLimiterOptions ToOptions() => new()
    {
        RequestsPerSecond = MicroPerSecond / 1e6,
        RequestsPerMinute = PerMinute,
        TokensPerMinute = Tokens,
        BurstSize = Burst,
        TokenBurst = TokenBurst,
        Headroom = Headroom / 1e6,
        LearnsFromAnswers = Learns,
    };
}
