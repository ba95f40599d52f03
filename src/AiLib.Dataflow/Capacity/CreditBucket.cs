using System.Diagnostics;

namespace AiLib.Dataflow.Capacity;

/// <summary>A token bucket in whole numbers: credits that flow in at a rate, up to a burst, without any rounding.</summary>
/// <remarks>
/// <para>One credit is <c>UnitsPerCredit</c> units, and each timestamp unit of time brings <c>UnitsPerTick</c> of them, where the two stand in the exact
/// ratio of the rate. So the level is exact after any number of refills: in every window of length w at most rate × w + burst credits are taken, and
/// while there is demand not one less than rate × w.</para>
/// <para>Not thread-safe, and has no clock: <see cref="RateLimiter"/> brings a lock and the time.</para>
/// </remarks>
internal struct CreditBucket
{
    private readonly long _unitsPerCredit;
    private readonly long _unitsPerTick;

    // 128 bits: a large burst at an odd rate on a fine clock does not fit into 64.
    private readonly Int128 _capacity;

    // Units there are now; below zero when real use was higher than what was reserved.
    private Int128 _level;
    private long _filledAt;

    /// <summary>Creates a full bucket.</summary>
    /// <param name="credits">So many credits flow in …</param>
    /// <param name="period">… in so many timestamp units.</param>
    /// <param name="burst">So many fit.</param>
    /// <param name="now">The timestamp at which it is full.</param>
    public CreditBucket(long credits, long period, long burst, long now)
    {
        long divisor = GreatestCommonDivisor(credits, period);
        _unitsPerTick = credits / divisor;
        _unitsPerCredit = period / divisor;
        _capacity = (Int128)burst * _unitsPerCredit;
        Burst = burst;
        _level = _capacity;
        _filledAt = now;
    }

    /// <summary>The most that can be taken at once.</summary>
    public long Burst { get; }

    /// <summary>Whole credits there are at the last refill; never below zero.</summary>
    public readonly long Available => _level <= 0 ? 0 : (long)(_level / _unitsPerCredit);

    /// <summary>Lets flow in what is due. A time before the last one changes nothing.</summary>
    public void Refill(long now)
    {
        long elapsed = now - _filledAt;
        if (elapsed <= 0)
        {
            return;
        }

        _filledAt = now;
        _level = Int128.Min(_capacity, _level + ((Int128)elapsed * _unitsPerTick));
    }

    /// <summary>How many timestamp units until so many credits are there, after a refill; 0 when they are.</summary>
    public readonly long TicksUntil(long credits)
    {
        Debug.Assert(credits <= Burst);
        Int128 missing = ((Int128)credits * _unitsPerCredit) - _level;
        return missing <= 0 ? 0 : (long)Int128.Min(long.MaxValue, (missing + _unitsPerTick - 1) / _unitsPerTick);
    }

    /// <summary>Takes credits that are there.</summary>
    public void Take(long credits)
    {
        Debug.Assert(TicksUntil(credits) == 0);
        _level -= (Int128)credits * _unitsPerCredit;
    }

    /// <summary>Gives credits back (positive), or charges more than was taken (negative). The level stays within ± one burst.</summary>
    public void Give(long credits)
    {
        long bounded = Math.Clamp(credits, -Burst, Burst);
        _level = Int128.Clamp(_level + ((Int128)bounded * _unitsPerCredit), -_capacity, _capacity);
    }

    private static long GreatestCommonDivisor(long left, long right)
    {
        while (right != 0)
        {
            (left, right) = (right, left % right);
        }

        return left;
    }
}
