using System.Diagnostics;

namespace AiLib.Dataflow.Simulator.Limits;

/// <summary>A bucket that refills evenly.</summary>
/// <remarks>
/// In any span of time it gives out at most its capacity and what refills meanwhile. The level is kept in credits times the ticks of a minute,
/// so that every tick adds exactly <see cref="CreditLimiter.PerMinute"/> units and nothing is ever rounded.
/// </remarks>
internal sealed class TokenBucketLimiter : CreditLimiter
{
    private const long Unit = TimeSpan.TicksPerMinute;

    private readonly long _capacity;
    private long _level;
    private long _updated;

    public TokenBucketLimiter(long perMinute, TimeSpan burst, long now, long taken)
        : base(perMinute)
    {
        // At least one credit, or nothing would ever pass.
        _capacity = Math.Max(1, (long)((Int128)perMinute * burst.Ticks / TimeSpan.TicksPerMinute));
        _level = Math.Max(0, _capacity - taken) * Unit;
        _updated = now;
    }

    /// <inheritdoc/>
    public override long Largest => _capacity;

    /// <inheritdoc/>
    public override bool TryTake(long credits, long now)
    {
        Refill(now);
        if (credits > _level / Unit)
        {
            return false;
        }

        _level -= credits * Unit;
        return true;
    }

    /// <inheritdoc/>
    public override long Remaining(long now)
    {
        Refill(now);
        return _level / Unit;
    }

    /// <inheritdoc/>
    public override long TicksUntil(long credits, long now)
    {
        Debug.Assert(credits <= Largest);
        Refill(now);
        return TicksUntilLevel(credits * Unit);
    }

    /// <inheritdoc/>
    public override long TicksUntilFull(long now)
    {
        Refill(now);
        return TicksUntilLevel(_capacity * Unit);
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
        long untilFull = TicksUntilLevel(_capacity * Unit);
        _level = elapsed >= untilFull ? _capacity * Unit : _level + (elapsed * PerMinute);
        _updated = now;
    }
}
