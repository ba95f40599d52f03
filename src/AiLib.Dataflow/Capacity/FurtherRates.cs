using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>The limits in force that few targets have: input and output tokens apart, and those of a day. What they do to the levels of their buckets.</summary>
/// <remarks>
/// <para>A bucket of a day is full at the beginning and holds the whole day's quota: a short job waits for nothing. It flows in evenly over the day, as OpenAI and Groq refill.</para>
/// <para>Immutable; pure arithmetic on levels that the caller holds.</para>
/// </remarks>
internal sealed class FurtherRates
{
    /// <summary>How many there can be.</summary>
    public const int Count = 4;

    // What a millionth of the rate has to be rounded up to, so that a day's ratio fits into 64 bits.
    private const int DayHeadroomStep = 100;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly CreditRate?[] _rates;

    private FurtherRates(CreditRate?[] rates, long largestInput, long largestOutput)
    {
        _rates = rates;
        LargestInput = largestInput;
        LargestOutput = largestOutput;
        IsPaced = this[FurtherLimit.Input] is not null || this[FurtherLimit.Output] is not null;
        HasTokens = IsPaced || this[FurtherLimit.DayTokens] is not null;
    }

    /// <summary>Whether there is a limit over a minute among them.</summary>
    public bool IsPaced { get; }

    /// <summary>Whether tokens of any kind are limited.</summary>
    public bool HasTokens { get; }

    /// <summary>The most tokens of a prompt that may pass, as configured; the largest number where nothing is.</summary>
    public long LargestInput { get; }

    /// <summary>The most tokens of an answer that may pass, as configured; the largest number where nothing is.</summary>
    public long LargestOutput { get; }

    /// <summary>Whether input or output tokens are limited by configuration.</summary>
    public bool CountsApart => LargestInput != long.MaxValue || LargestOutput != long.MaxValue;

    /// <summary>One of them; null when there is no such limit.</summary>
    public CreditRate? this[FurtherLimit limit] => _rates[(int)limit];

    /// <summary>The levels of full buckets.</summary>
    public FurtherLevels Full
    {
        get
        {
            FurtherLevels levels = default;
            for (int index = 0; index < Count; index++)
            {
                levels[index] = _rates[index]?.Full ?? 0;
            }

            return levels;
        }
    }

    /// <summary>Those that are configured; null when none is.</summary>
    public static FurtherRates? From(RateLimiterOptions options, Clock clock, int headroom)
    {
        CreditRate? input = Rate(options.InputTokensPerMinute, Minute, options.InputTokenBurst, headroom, clock);
        CreditRate? output = Rate(options.OutputTokensPerMinute, Minute, options.OutputTokenBurst, headroom, clock);
        CreditRate?[] rates =
        [
            input,
            output,
            Rate(options.RequestsPerDay, Day, burst: null, OfDay(headroom), clock),
            Rate(options.TokensPerDay, Day, burst: null, OfDay(headroom), clock),
        ];
        return Make(rates, input?.Burst ?? long.MaxValue, output?.Burst ?? long.MaxValue);
    }

    /// <summary>What follows on others: what is configured, tightened by what the target told; null when nothing is limited.</summary>
    /// <param name="configured">What is configured, if anything.</param>
    /// <param name="before">What was in force, if anything.</param>
    /// <param name="told">What the target told.</param>
    /// <param name="clock">The limiter's time.</param>
    /// <param name="headroom">Millionths that are left unused.</param>
    /// <param name="edition">The edition that it will be.</param>
    public static FurtherRates? After(FurtherRates? configured, FurtherRates? before, ToldLimits told, Clock clock, int headroom, int edition)
    {
        CreditRate?[] rates = new CreditRate?[Count];
        for (int index = 0; index < Count; index++)
        {
            FurtherLimit limit = (FurtherLimit)index;
            ToldLimit asTold = told[ToldLimits.SlotOf(limit)];
            CreditRate? toldRate = asTold.ToWhole(clock)?.Less(IsOfDay(limit) ? OfDay(headroom) : headroom);
            rates[index] = CreditRate.Tighter(configured?._rates[index], toldRate, asTold.Limit, before?._rates[index], edition);
        }

        return Make(rates, configured?.LargestInput ?? long.MaxValue, configured?.LargestOutput ?? long.MaxValue);
    }

    /// <summary>Whether a request of this cost may pass one day.</summary>
    public bool Fits(in TokenCost cost) => cost.InputAtMost <= LargestInput && cost.OutputAtMost <= LargestOutput;

    /// <summary>The levels that follow on those of others: so many credits as there were, as far as they fit. New buckets are full.</summary>
    public FurtherLevels Carry(FurtherRates? before, in FurtherLevels levels)
    {
        FurtherLevels carried = default;
        for (int index = 0; index < Count; index++)
        {
            carried[index] = CreditRate.Carry(_rates[index], before?._rates[index], levels[index]);
        }

        return carried;
    }

    /// <summary>Lets flow in what is due after so many timestamp units.</summary>
    public void Refill(ref FurtherLevels levels, long elapsed)
    {
        for (int index = 0; index < Count; index++)
        {
            levels[index] = _rates[index]?.Refill(levels[index], elapsed) ?? 0;
        }
    }

    /// <summary>What a request of this cost takes: of a part that is not known nothing, or all where a limit is configured; and never more than a bucket holds.</summary>
    public FurtherCredits Charge(in TokenCost cost) => new(
        Part(FurtherLimit.Input, cost.InputAtMost, cost.HasParts || LargestInput != long.MaxValue),
        Part(FurtherLimit.Output, cost.OutputAtMost, cost.HasParts || LargestOutput != long.MaxValue),
        TakenInput: 0,
        TakenOutput: 0);

    /// <summary>How many timestamp units until all of it is there; 0 when it is.</summary>
    /// <param name="levels">The levels.</param>
    /// <param name="credits">What is taken of input and output.</param>
    /// <param name="tokens">What is taken of both together.</param>
    public long WaitFor(in FurtherLevels levels, in FurtherCredits credits, long tokens)
    {
        long wait = 0;
        for (int index = 0; index < Count; index++)
        {
            if (_rates[index] is { } rate)
            {
                wait = Math.Max(wait, rate.TicksUntilPaid(rate.Take(levels[index], Of((FurtherLimit)index, credits, tokens))));
            }
        }

        return wait;
    }

    /// <summary>How many timestamp units until the limits of a day allow a request of so many tokens; 0 when they do.</summary>
    /// <param name="levels">The levels.</param>
    /// <param name="tokens">The tokens, no more than the bucket holds.</param>
    /// <param name="countsTokens">Whether the limit on tokens is looked at.</param>
    public long WaitForDay(in FurtherLevels levels, long tokens, bool countsTokens) => Math.Max(
        DayWait(FurtherLimit.DayRequests, levels, 1), countsTokens ? DayWait(FurtherLimit.DayTokens, levels, tokens) : 0);

    /// <summary>Takes it, which is there.</summary>
    public void Take(ref FurtherLevels levels, in FurtherCredits credits, long tokens)
    {
        for (int index = 0; index < Count; index++)
        {
            levels[index] = _rates[index]?.Take(levels[index], Of((FurtherLimit)index, credits, tokens)) ?? 0;
        }
    }

    /// <summary>Gives back what was taken, to those buckets that it was taken from.</summary>
    public void Refund(ref FurtherLevels levels, in RateReservation reservation)
    {
        Give(ref levels, FurtherLimit.DayRequests, reservation, 1);
        Give(ref levels, reservation, default, tokens: 0);
    }

    /// <summary>Replaces the token credits that were taken by those that were used.</summary>
    public void Settle(ref FurtherLevels levels, in RateReservation reservation, in TokenCost real) =>
        Give(ref levels, reservation, reservation.Further.After(real), Math.Max(0, real.Total));

    /// <summary>Lowers the level that a reading is about, if there is such a bucket.</summary>
    /// <returns>Whether there is one.</returns>
    public bool TryLower(ref FurtherLevels levels, in QuotaReading reading, in QuotaNews news)
    {
        if (ToldLimits.FurtherOf(reading) is not { } limit)
        {
            return false;
        }

        // A window that was not told, or another one, is no less an upper bound of what may go now.
        if (this[limit] is not { } rate)
        {
            return !IsOfDay(limit);
        }

        levels[(int)limit] = news.Lower(rate, levels[(int)limit], reading.Remaining.GetValueOrDefault(), reading.Dimension);
        return true;
    }

    /// <summary>The limit over a minute that is nearest to its end, if one of them is nearer than that.</summary>
    /// <param name="levels">The levels.</param>
    /// <param name="cost">What the next request costs.</param>
    /// <param name="nearest">How near the nearest of the others is.</param>
    /// <returns>Which, or null. Never one of a day: a day's credits that were lost would not come back in time.</returns>
    public FurtherLimit? Nearer(in FurtherLevels levels, in TokenCost cost, Int128 nearest)
    {
        FurtherCredits credits = Charge(cost);
        FurtherLimit? found = null;
        for (FurtherLimit limit = FurtherLimit.Input; limit <= FurtherLimit.Output; limit++)
        {
            if (this[limit] is { } rate && rate.TicksUntil(levels[(int)limit], Of(limit, credits, tokens: 0)) is var ticks && ticks > nearest)
            {
                (found, nearest) = (limit, ticks);
            }
        }

        return found;
    }

    /// <summary>Lowers a level to where a request has to wait so long.</summary>
    public void Hold(ref FurtherLevels levels, FurtherLimit limit, in TokenCost cost, long wait)
    {
        CreditRate rate = this[limit]!;
        levels[(int)limit] = rate.LowerTo(levels[(int)limit], Of(limit, Charge(cost), tokens: 0), wait);
    }

    /// <summary>Lowers the levels of input and output to where a request has to wait so long.</summary>
    public void HoldTokens(ref FurtherLevels levels, in TokenCost cost, long wait)
    {
        for (FurtherLimit limit = FurtherLimit.Input; limit <= FurtherLimit.Output; limit++)
        {
            if (this[limit] is not null)
            {
                Hold(ref levels, limit, cost, wait);
            }
        }
    }

    /// <summary>The longest wait among limits on tokens, or on requests; the least number where there is none.</summary>
    /// <param name="levels">The levels.</param>
    /// <param name="cost">The cost.</param>
    /// <param name="tokens">Its total, no more than the buckets hold.</param>
    /// <param name="ofTokens">Of which.</param>
    public Int128 Longest(in FurtherLevels levels, in TokenCost cost, long tokens, bool ofTokens)
    {
        FurtherCredits credits = Charge(cost);
        Int128 longest = Int128.MinValue;
        for (int index = 0; index < Count; index++)
        {
            FurtherLimit limit = (FurtherLimit)index;
            if (_rates[index] is { } rate && ofTokens == (limit != FurtherLimit.DayRequests))
            {
                longest = Int128.Max(longest, rate.TicksUntil(levels[index], Of(limit, credits, tokens)));
            }
        }

        return longest;
    }

    /// <summary>Whole credits of one of them; the largest number where there is no such limit.</summary>
    public long Available(in FurtherLevels levels, FurtherLimit limit) => this[limit]?.Available(levels[(int)limit]) ?? long.MaxValue;

    private static bool IsOfDay(FurtherLimit limit) => limit is FurtherLimit.DayRequests or FurtherLimit.DayTokens;

    private static int OfDay(int headroom) => (headroom + DayHeadroomStep - 1) / DayHeadroomStep * DayHeadroomStep;

    private static CreditRate? Rate(long? credits, TimeSpan window, long? burst, int headroom, Clock clock) =>
        credits is { } limit ? new CreditRate(limit, clock.ToUnits(window), burst ?? limit).Less(headroom) : null;

    private static FurtherRates? Make(CreditRate?[] rates, long largestInput, long largestOutput) =>
        Array.TrueForAll(rates, static rate => rate is null) ? null : new FurtherRates(rates, largestInput, largestOutput);

    private static long Of(FurtherLimit limit, in FurtherCredits credits, long tokens) => limit switch
    {
        FurtherLimit.Input => credits.Input,
        FurtherLimit.Output => credits.Output,
        FurtherLimit.DayRequests => 1,
        _ => tokens,
    };

    private long Part(FurtherLimit limit, long tokens, bool isKnown) => this[limit] is { } rate && isKnown ? Math.Min(tokens, rate.Burst) : 0;

    private long DayWait(FurtherLimit limit, in FurtherLevels levels, long credits) =>
        this[limit] is { } rate ? rate.TicksUntilPaid(rate.Take(levels[(int)limit], credits)) : 0;

    private void Give(ref FurtherLevels levels, in RateReservation reservation, in FurtherCredits real, long tokens)
    {
        Give(ref levels, FurtherLimit.Input, reservation, reservation.Further.Input - real.Input);
        Give(ref levels, FurtherLimit.Output, reservation, reservation.Further.Output - real.Output);
        Give(ref levels, FurtherLimit.DayTokens, reservation, reservation.Cost - tokens);
    }

    private void Give(ref FurtherLevels levels, FurtherLimit limit, in RateReservation reservation, long credits)
    {
        if (this[limit] is { } rate && rate.Since <= reservation.Edition)
        {
            levels[(int)limit] = rate.Give(levels[(int)limit], credits);
        }
    }
}
