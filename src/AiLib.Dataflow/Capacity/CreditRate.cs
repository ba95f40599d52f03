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
    private const int Million = 1_000_000;

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

    private CreditRate(CreditRate other, int millionths)
    {
        long divisor = GreatestCommonDivisor(millionths, Million);
        long perTick = other._unitsPerTick * (millionths / divisor);
        long perCredit = other._unitsPerCredit * (Million / divisor);
        divisor = GreatestCommonDivisor(perTick, perCredit);
        _unitsPerTick = perTick / divisor;
        _unitsPerCredit = perCredit / divisor;
        _capacity = (Int128)other.Burst * _unitsPerCredit;
        Burst = other.Burst;
        Since = other.Since;
    }

    private CreditRate(CreditRate other, long burst, int since)
    {
        _unitsPerTick = other._unitsPerTick;
        _unitsPerCredit = other._unitsPerCredit;
        _capacity = (Int128)burst * _unitsPerCredit;
        Burst = burst;
        Since = since;
    }

    /// <summary>The most that can be taken at once.</summary>
    public long Burst { get; }

    /// <summary>The edition of the limits in which the bucket came into being; what was taken earlier was not taken from it.</summary>
    public int Since { get; }

    /// <summary>Credits that flow in with one timestamp unit, for people to look at.</summary>
    public double PerTick => (double)_unitsPerTick / _unitsPerCredit;

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

    /// <summary>The level at which so many credits are there after so many timestamp units, if the given one is higher.</summary>
    public Int128 LowerTo(Int128 level, long credits, long wait) =>
        Int128.Min(level, Int128.Max(Product(credits, _unitsPerCredit) - Product(wait, _unitsPerTick), -_capacity));

    /// <summary>
    /// The level at which one credit is there after so many timestamp units, and later than it would have been by as many. What is owed already does not become more by it: only as much as is needed.
    /// </summary>
    public Int128 LowerBy(Int128 level, long wait) =>
        level < 0 ? LowerTo(level, 1, wait) : Int128.Min(LowerTo(level, 1, wait), Int128.Max(level - Product(wait, _unitsPerTick), -_capacity));

    /// <summary>Whether a level can be so low that one credit is there only after so many timestamp units.</summary>
    public bool CanOwe(long wait) => Product(wait, _unitsPerTick) <= _capacity + _unitsPerCredit;

    /// <summary>How many timestamp units bring what is still missing for so many credits; negative when there is more.</summary>
    public Int128 TicksUntil(Int128 level, long credits) => (Product(credits, _unitsPerCredit) - level) / _unitsPerTick;

    /// <summary>The same with so many millionths of the rate left unused.</summary>
    public CreditRate Less(int millionths) => millionths == 0 ? this : new(this, Million - millionths);

    /// <summary>The same rate with another burst.</summary>
    public CreditRate With(long burst, int since) => new(this, burst, since);

    /// <summary>Whether less flows in over time.</summary>
    public bool IsSlowerThan(CreditRate other) => (Int128)_unitsPerTick * other._unitsPerCredit < (Int128)other._unitsPerTick * _unitsPerCredit;

    /// <summary>As many credits as there were at another rate, as far as they fit; what is no whole unit here is dropped. It stays within ± one burst.</summary>
    public Int128 Carry(Int128 level, CreditRate from)
    {
        // The whole credits and the rest apart, because their product could be too large.
        (Int128 whole, Int128 rest) = Int128.DivRem(level, from._unitsPerCredit);
        Int128 part = rest * _unitsPerCredit;
        part = part >= 0 ? part / from._unitsPerCredit : (part - (from._unitsPerCredit - 1)) / from._unitsPerCredit;
        return Int128.Clamp((whole * _unitsPerCredit) + part, -_capacity, _capacity);
    }

    /// <summary>Of a configured rate and one that was told the slower, in the bucket that was there before, if one was.</summary>
    /// <param name="configured">What is configured.</param>
    /// <param name="told">What the target told.</param>
    /// <param name="limit">How many that is in its window: no more may go at once.</param>
    /// <param name="before">What was in force.</param>
    /// <param name="edition">The edition of a bucket that is new.</param>
    public static CreditRate? Tighter(CreditRate? configured, CreditRate? told, long limit, CreditRate? before, int edition)
    {
        int since = before?.Since ?? edition;
        return configured is null ? told?.With(told.Burst, since)
            : told is not null && told.IsSlowerThan(configured) ? told.With(Math.Min(configured.Burst, limit), since)
            : configured.With(configured.Burst, since);
    }

    /// <summary>The level that follows on that of another rate: so many credits as there were, as far as they fit. A new bucket is full.</summary>
    public static Int128 Carry(CreditRate? rate, CreditRate? before, Int128 level) =>
        rate is null ? 0
        : before is null ? rate.Full
        : rate.Carry(level, before);

    /// <summary>The lower of a level and of what is left of a remainder after so many timestamp units in which so many credits were taken.</summary>
    public Int128 Lower(Int128 level, long remaining, long elapsed, long unseen)
    {
        Debug.Assert(remaining >= 0 && elapsed >= 0 && unseen >= 0);
        Int128 left = Product(remaining, _unitsPerCredit) + Product(elapsed, _unitsPerTick) - Product(unseen, _unitsPerCredit);
        return left >= level ? level : Int128.Max(left, -_capacity);
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
