using System.Diagnostics;

namespace AiLib.Dataflow.Simulator.Limits;

/// <summary>A bucket that refills evenly.</summary>
/// <remarks>
/// In any span of time it gives out at most its capacity and what refills meanwhile. The level is kept in credits times the ticks of a minute, or of the day that the limit is over,
/// so that every tick adds exactly <see cref="CreditLimiter.PerMinute"/> units and nothing is ever rounded.
/// </remarks>
internal sealed class TokenBucketLimiter : CreditLimiter
{
    private readonly long _unit;
    private readonly long _capacity;
    private long _level;
    private long _updated;

    public TokenBucketLimiter(long perMinute, TimeSpan burst, long now, long taken)
        : base(perMinute)
    {
        // At least one credit, or nothing would ever pass.
        _unit = TimeSpan.TicksPerMinute;
        _capacity = Math.Max(1, (long)((Int128)perMinute * burst.Ticks / TimeSpan.TicksPerMinute));
        _level = Math.Max(0, _capacity - taken) * _unit;
        _updated = now;
    }

    private TokenBucketLimiter(long perDay, long now, long taken)
        : base(perDay)
    {
        _unit = TimeSpan.TicksPerDay;
        _capacity = perDay;
        _level = Math.Max(0, perDay - taken) * _unit;
        _updated = now;
    }

    /// <summary>One whose limit is over a day, and which holds all of it.</summary>
    public static TokenBucketLimiter OfDay(long perDay, long now, long taken) => new(perDay, now, taken);

    /// <inheritdoc/>
    public override long Largest => _capacity;

    /// <inheritdoc/>
    public override bool TryTake(long credits, long now)
    {
        Refill(now);
        if (credits > _level / _unit)
        {
            return false;
        }

        _level -= credits * _unit;
        return true;
    }

    /// <inheritdoc/>
    public override long Remaining(long now)
    {
        Refill(now);
        return _level / _unit;
    }

    /// <inheritdoc/>
    public override long TicksUntil(long credits, long now)
    {
        Debug.Assert(credits <= Largest);
        Refill(now);
        return TicksUntilLevel(credits * _unit);
    }

    /// <inheritdoc/>
    public override long TicksUntilFull(long now)
    {
        Refill(now);
        return TicksUntilLevel(_capacity * _unit);
    }

    private long TicksUntilLevel(long level)
    {
        long missing = Math.Max(0, level - _level);
        return (missing / PerMinute) + (missing % PerMinute == 0 ? 0 : 1);
    }

    private void Refill(long now)
    {
        long elapsed = now - _updated;
        if (elapsed <= 0)
        {
            return;
        }

        // Compared before it is multiplied: after a long idle time the product would overflow.
        long untilFull = TicksUntilLevel(_capacity * _unit);
        _level = elapsed >= untilFull ? _capacity * _unit : _level + (elapsed * PerMinute);
        _updated = now;
    }
}
