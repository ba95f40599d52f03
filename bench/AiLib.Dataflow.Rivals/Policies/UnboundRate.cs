using System.Threading.RateLimiting;

namespace AiLib.Dataflow.Rivals.Policies;

/// <summary>A rate limit of the base library that is kept but never binds.</summary>
internal static class UnboundRate
{
    /// <summary>A full bucket that cannot be emptied within a benchmark.</summary>
    public static TokenBucketRateLimiter Create() => new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = int.MaxValue,
        TokensPerPeriod = int.MaxValue,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = int.MaxValue,
    });
}
