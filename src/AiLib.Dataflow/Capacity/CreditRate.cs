using System.Diagnostics;

namespace AiLib.Dataflow.Capacity;

/// <summary>A token bucket in whole numbers: credits that flow in at a rate, up to a burst, without any rounding. The level is kept by the caller.</summary>
/// <remarks>
/// <para>One credit is <c>UnitsPerCredit</c> units, and each timestamp unit of time brings <c>UnitsPerTick</c> of them, where the two stand in the exact
/// ratio of the rate. So a level, which is a number of units, is exact after any number of refills: in every window of length w at most
/// rate × w + burst credits are taken, and while there is demand not one less than rate × w.</para>
/// <para>Immutable; pure arithmetic: <see cref="RateLimiter"/> brings the levels, a lock and the time.</para>
/// </remarks>
internal sealed class CreditRate
{
    private readonly long _unitsPerCredit;
    private readonly long _unitsPerTick;

    // 128 bits: a large burst at an odd rate on a fine clock does not fit into 64.
    private readonly Int128 _capacity;

    /// <summary>Creates a rate.</summary>
    /// <param name="credits">So many credits flow in …</param>
    /// <param name="period">… in so many timestamp units.</param>
    /// <param name="burst">So many fit.</param>
    public CreditRate(long credits, long period, long burst)
    {
        long divisor = GreatestCommonDivisor(credits, period);
        _unitsPerTick = credits / divisor;
        _unitsPerCredit = period / divisor;
        _capacity = (Int128)burst * _unitsPerCredit;
        Burst = burst;
    }

    /// <summary>The most that can be taken at once.</summary>
    public long Burst { get; }

    /// <summary>The level of a full bucket.</summary>
    public Int128 Full => _capacity;

    /// <summary>Whole credits at a level; never below zero.</summary>
    public long Available(Int128 level) => level <= 0 ? 0 : (long)(level / _unitsPerCredit);

    /// <summary>The level after so many timestamp units, none of them negative.</summary>
    public Int128 Refill(Int128 level, long elapsed)
    {
        Debug.Assert(elapsed >= 0);
        Int128 filled = level + Product(elapsed, _unitsPerTick);
        return filled > _capacity ? _capacity : filled;
    }

    /// <summary>What is left of a level after credits were taken; below zero when they are not there.</summary>
    public Int128 Take(Int128 level, long credits)
    {
        Debug.Assert(credits >= 0 && credits <= Burst);
        return level - Product(credits, _unitsPerCredit);
    }

    /// <summary>How many timestamp units until a level that lies below zero is back at zero; 0 when it is.</summary>
    public long TicksUntilPaid(Int128 level) => level >= 0 ? 0 : (long)Int128.Min(long.MaxValue, (_unitsPerTick - 1 - level) / _unitsPerTick);

    /// <summary>The level after credits were given back (positive), or more were charged than taken (negative). It stays within ± one burst.</summary>
    public Int128 Give(Int128 level, long credits)
    {
        long bounded = Math.Clamp(credits, -Burst, Burst);
        return Int128.Clamp(level + ((Int128)bounded * _unitsPerCredit), -_capacity, _capacity);
    }

    // Of two numbers that are not negative: one multiplication, where the operator takes three.
    private static Int128 Product(long left, long right)
    {
        ulong high = Math.BigMul((ulong)left, (ulong)right, out ulong low);
        return new Int128(high, low);
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
