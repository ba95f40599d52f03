using System.Diagnostics;

namespace AiLib.Dataflow.Simulator.Limits;

/// <summary>Enforces one limit per minute, or per day, in credits and whole ticks of 100 ns since the start of the server.</summary>
/// <remarks>
/// Pure: no clock and no lock. Time is an argument and never runs backwards; an earlier time counts as the latest seen.
/// </remarks>
internal abstract class CreditLimiter(long perMinute)
{
    /// <summary>The limit as the provider states it: per minute, but for one of a day.</summary>
    public long PerMinute { get; } = perMinute;

    /// <summary>The most credits one request can ever take at once.</summary>
    public abstract long Largest { get; }

    /// <summary>Takes the credits if they are there now.</summary>
    public abstract bool TryTake(long credits, long now);

    /// <summary>The credits that could be taken now.</summary>
    public abstract long Remaining(long now);

    /// <summary>Ticks until the credits could be taken if nobody else took any; the credits must not exceed <see cref="Largest"/>.</summary>
    public abstract long TicksUntil(long credits, long now);

    /// <summary>Ticks until everything that was taken has come back.</summary>
    public abstract long TicksUntilFull(long now);

    /// <summary>A limiter of the given kind that starts with some credits already taken.</summary>
    public static CreditLimiter Create(LimitKind kind, long perMinute, TimeSpan burst, long now, long taken) => kind switch
    {
        LimitKind.TokenBucket => new TokenBucketLimiter(perMinute, burst, now, taken),
        LimitKind.FixedWindow => new FixedWindowLimiter(perMinute, now, taken),
        LimitKind.SlidingWindow => new SlidingWindowLimiter(perMinute, now, taken),
        LimitKind.PerSecond => new PerSecondLimiter(perMinute, now, taken),
        _ => throw new UnreachableException(),
    };
}
