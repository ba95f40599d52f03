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
    private readonly long _capacity;

    // Units there are now; below zero when real use was higher than what was reserved.
    private long _level;
    private long _filledAt;

    /// <summary>Creates a full bucket.</summary>
    /// <param name="credits">So many credits flow in …</param>
    /// <param name="period">… in so many timestamp units.</param>
    /// <param name="burst">So many fit.</param>
    /// <param name="now">The timestamp at which it is full.</param>
    /// <exception cref="OverflowException">The three do not fit into 63 bits together.</exception>
    public CreditBucket(long credits, long period, long burst, long now)
    {
        long divisor = GreatestCommonDivisor(credits, period);
        _unitsPerTick = credits / divisor;
        _unitsPerCredit = period / divisor;
        _capacity = checked(burst * _unitsPerCredit);
        Burst = burst;
        _level = _capacity;
        _filledAt = now;
    }

    /// <summary>The most that can be taken at once.</summary>
    public long Burst { get; }

    /// <summary>Whole credits there are at the last refill; never below zero.</summary>
    public readonly long Available => _level <= 0 ? 0 : _level / _unitsPerCredit;

    /// <summary>Lets flow in what is due. A time before the last one changes nothing.</summary>
    public void Refill(long now)
    {
        long elapsed = now - _filledAt;
        if (elapsed <= 0)
        {
            return;
        }

        _filledAt = now;
        // Compared before multiplying: what is longer than the time to full cannot overflow.
        long missing = _capacity - _level;
        _level = elapsed >= CeilingDivide(missing, _unitsPerTick) ? _capacity : _level + (elapsed * _unitsPerTick);
    }

    /// <summary>How many timestamp units until so many credits are there, after a refill; 0 when they are.</summary>
    public readonly long TicksUntil(long credits)
    {
        Debug.Assert(credits <= Burst);
        long missing = (credits * _unitsPerCredit) - _level;
        return missing <= 0 ? 0 : CeilingDivide(missing, _unitsPerTick);
    }

    /// <summary>Takes credits that are there.</summary>
    public void Take(long credits)
    {
        Debug.Assert(TicksUntil(credits) == 0);
        _level -= credits * _unitsPerCredit;
    }

    /// <summary>Gives credits back (positive), or charges more than was taken (negative). The level stays within ± one burst.</summary>
    public void Give(long credits)
    {
        long bounded = Math.Clamp(credits, -Burst, Burst);
        _level = Math.Clamp(_level + (bounded * _unitsPerCredit), -_capacity, _capacity);
    }

    // The sum may exceed 63 bits where the quotient does not, so no (a + b - 1) / b.
    private static long CeilingDivide(long dividend, long divisor) => (dividend / divisor) + (dividend % divisor == 0 ? 0 : 1);

    private static long GreatestCommonDivisor(long left, long right)
    {
        while (right != 0)
        {
            (left, right) = (right, left % right);
        }

        return left;
    }
}
