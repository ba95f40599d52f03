using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>The limits of one target that are in force together, and what they do to the levels of their buckets.</summary>
/// <remarks>Immutable; pure arithmetic on levels that the caller holds. A change of limits is another object with the next edition.</remarks>
internal sealed class RateLimits
{
    private readonly CreditRate? _second;
    private readonly CreditRate? _minute;
    private readonly CreditRate? _tokens;

    // Millionths of every rate that are left unused.
    private readonly int _headroom;

    private RateLimits(CreditRate? second, CreditRate? minute, CreditRate? tokens, long largestCost, int edition, int headroom)
    {
        _headroom = headroom;
        _second = second;
        _minute = minute;
        _tokens = tokens;
        LargestCost = largestCost;
        Edition = edition;
        IsAny = second is not null || minute is not null || tokens is not null;
    }

    /// <summary>Whether anything is limited.</summary>
    public bool IsAny { get; }

    /// <summary>Whether requests are limited.</summary>
    public bool HasRequests => _second is not null || _minute is not null;

    /// <summary>Whether tokens are limited.</summary>
    public bool HasTokens => _tokens is not null;

    /// <summary>The largest cost that may pass, as configured; the largest number where nothing is.</summary>
    public long LargestCost { get; }

    /// <summary>Grows by one with each change.</summary>
    public int Edition { get; }

    /// <summary>The levels of full buckets.</summary>
    public CreditLevels Full => new() { Second = _second?.Full ?? 0, Minute = _minute?.Full ?? 0, Tokens = _tokens?.Full ?? 0 };

    /// <summary>The first edition, of what is configured.</summary>
    public static RateLimits From(RateLimiterOptions options, Clock clock)
    {
        long second = clock.Frequency;
        CreditRate? perSecond = null;
        if (options.RequestsPerSecond is { } rate)
        {
            // Six decimals of the rate are kept, and the rest is dropped, never rounded up: 0.5 per second is 500,000 credits in a million seconds. The headroom is
            // taken here, because the product of two ratios so fine does not fit into 64 bits.
            long micro = Math.Max(1, (long)Math.Floor((decimal)rate * (1 - (decimal)options.Headroom) * 1_000_000));
            perSecond = new CreditRate(micro, 1_000_000 * second, options.BurstSize ?? Math.Max(1, (long)rate));
        }

        CreditRate? perMinute = options.RequestsPerMinute is { } requests
            ? new CreditRate(requests, 60 * second, options.BurstSize ?? Math.Max(1, requests / 60))
            : null;
        CreditRate? ofTokens = options.TokensPerMinute is { } tokens ? new CreditRate(tokens, 60 * second, options.TokenBurst ?? tokens) : null;
        int headroom = (int)Math.Round(options.Headroom * 1_000_000);
        return new RateLimits(
            perSecond, perMinute?.Less(headroom), ofTokens?.Less(headroom), ofTokens?.Burst ?? long.MaxValue, edition: 0, headroom);
    }

    /// <summary>What follows on other limits: these, tightened by what the target told.</summary>
    /// <param name="told">What it told.</param>
    /// <param name="before">What was in force.</param>
    /// <param name="clock">The limiter's time.</param>
    public RateLimits After(RateLimits before, ToldLimits told, Clock clock)
    {
        int edition = before.Edition + 1;
        return new RateLimits(
            Tighter(_second, told.Second.ToRequests(clock)?.Less(_headroom), told.Second.Limit, before._second, edition),
            Tighter(_minute, told.Minute.ToRequests(clock)?.Less(_headroom), told.Minute.Limit, before._minute, edition),
            Tighter(_tokens, told.Tokens.ToTokens(clock)?.Less(_headroom), told.Tokens.Limit, before._tokens, edition),
            LargestCost,
            edition,
            _headroom);
    }

    /// <summary>The levels that follow on those of other limits: so many credits as there were, as far as they fit. New buckets are full.</summary>
    public CreditLevels Carry(RateLimits before, in CreditLevels levels) => new()
    {
        Second = Carry(_second, before._second, levels.Second),
        Minute = Carry(_minute, before._minute, levels.Minute),
        Tokens = Carry(_tokens, before._tokens, levels.Tokens),
    };

    /// <summary>Lets flow in what is due after so many timestamp units.</summary>
    public void Refill(ref CreditLevels levels, long elapsed)
    {
        levels.Second = _second?.Refill(levels.Second, elapsed) ?? 0;
        levels.Minute = _minute?.Refill(levels.Minute, elapsed) ?? 0;
        levels.Tokens = _tokens?.Refill(levels.Tokens, elapsed) ?? 0;
    }

    /// <summary>Takes the credits if they are there, or only looks.</summary>
    /// <param name="levels">From where.</param>
    /// <param name="cost">The token credits; lowered to what a bucket can hold whose size was not configured.</param>
    /// <param name="takes">Whether to take them.</param>
    /// <returns>How long until they are there; 0 when they are, and then they are taken.</returns>
    public long Take(ref CreditLevels levels, ref long cost, bool takes)
    {
        if (_tokens is not null && cost > _tokens.Burst)
        {
            if (cost > LargestCost)
            {
                return Clock.Never;
            }

            cost = _tokens.Burst;
        }

        Int128 second = _second?.Take(levels.Second, 1) ?? 0;
        Int128 minute = _minute?.Take(levels.Minute, 1) ?? 0;
        Int128 tokens = _tokens?.Take(levels.Tokens, cost) ?? 0;
        if (second < 0 || minute < 0 || tokens < 0)
        {
            long requests = Math.Max(_second?.TicksUntilPaid(second) ?? 0, _minute?.TicksUntilPaid(minute) ?? 0);
            return Math.Max(requests, _tokens?.TicksUntilPaid(tokens) ?? 0);
        }

        if (takes)
        {
            levels.Second = second;
            levels.Minute = minute;
            levels.Tokens = tokens;
        }

        return 0;
    }

    /// <summary>Gives back what was taken, to those buckets that it was taken from.</summary>
    public void Refund(ref CreditLevels levels, in RateReservation reservation)
    {
        levels.Second = _second is not null && _second.Since <= reservation.Edition ? _second.Give(levels.Second, 1) : levels.Second;
        levels.Minute = _minute is not null && _minute.Since <= reservation.Edition ? _minute.Give(levels.Minute, 1) : levels.Minute;
        Settle(ref levels, reservation, cost: 0);
    }

    /// <summary>Replaces the token credits that were taken by those that were used, if they were taken from the bucket that is there.</summary>
    public void Settle(ref CreditLevels levels, in RateReservation reservation, long cost)
    {
        if (_tokens is not null && _tokens.Since <= reservation.Edition)
        {
            levels.Tokens = _tokens.Give(levels.Tokens, reservation.Cost - Math.Max(0, cost));
        }
    }

    /// <summary>Lowers the level that a reading is about, if it is higher than what the reading leaves.</summary>
    /// <param name="levels">The levels.</param>
    /// <param name="reading">What an answer said.</param>
    /// <param name="news">Whose answer it was.</param>
    public void Lower(ref CreditLevels levels, in QuotaReading reading, in QuotaNews news)
    {
        if (reading.Remaining is not { } remaining)
        {
            return;
        }

        if (reading.Dimension == QuotaDimension.Tokens)
        {
            levels.Tokens = _tokens is null ? levels.Tokens : news.Lower(_tokens, levels.Tokens, remaining, ofTokens: true);
        }
        else if (reading.Dimension == QuotaDimension.Requests)
        {
            // A window that has no bucket, or that was not told, is no less an upper bound of what may go now.
            if (_second is not null && (_minute is null || ToldLimits.IsOfSecond(reading.Window)))
            {
                levels.Second = news.Lower(_second, levels.Second, remaining, ofTokens: false);
            }
            else if (_minute is not null)
            {
                levels.Minute = news.Lower(_minute, levels.Minute, remaining, ofTokens: false);
            }
        }
    }

    /// <summary>Lowers the level that is nearest to its end to where a request of this cost has to wait so long: its target has just refused one.</summary>
    public void Hold(ref CreditLevels levels, long cost, long wait)
    {
        Int128 second = _second?.TicksUntil(levels.Second, 1) ?? Int128.MinValue;
        Int128 minute = _minute?.TicksUntil(levels.Minute, 1) ?? Int128.MinValue;
        Int128 tokens = _tokens?.TicksUntil(levels.Tokens, Math.Min(cost, _tokens.Burst)) ?? Int128.MinValue;
        if (_tokens is not null && tokens >= second && tokens >= minute)
        {
            levels.Tokens = _tokens.LowerTo(levels.Tokens, Math.Min(cost, _tokens.Burst), wait);
        }
        else if (_minute is not null && minute >= second)
        {
            levels.Minute = _minute.LowerTo(levels.Minute, 1, wait);
        }
        else if (_second is not null)
        {
            levels.Second = _second.LowerTo(levels.Second, 1, wait);
        }
    }

    /// <summary>Whether the wait for the tokens of such a request is longer than that for its request credits.</summary>
    public bool IsShortOfTokens(in CreditLevels levels, long cost)
    {
        Int128 second = _second?.TicksUntil(levels.Second, 1) ?? Int128.MinValue;
        Int128 minute = _minute?.TicksUntil(levels.Minute, 1) ?? Int128.MinValue;
        return _tokens is not null && _tokens.TicksUntil(levels.Tokens, Math.Min(cost, _tokens.Burst)) is var tokens && tokens >= second && tokens >= minute;
    }

    /// <summary>Whole requests at these levels.</summary>
    public long Requests(in CreditLevels levels) =>
        Math.Min(_second?.Available(levels.Second) ?? long.MaxValue, _minute?.Available(levels.Minute) ?? long.MaxValue);

    /// <summary>Whole tokens at these levels.</summary>
    public long Tokens(in CreditLevels levels) => _tokens?.Available(levels.Tokens) ?? long.MaxValue;

    private static CreditRate? Tighter(CreditRate? configured, CreditRate? told, long limit, CreditRate? before, int edition)
    {
        int since = before?.Since ?? edition;
        return configured is null ? told?.With(told.Burst, since)
            : told is not null && told.IsSlowerThan(configured) ? told.With(Math.Min(configured.Burst, limit), since)
            : configured.With(configured.Burst, since);
    }

    private static Int128 Carry(CreditRate? rate, CreditRate? before, Int128 level) =>
        rate is null ? 0
        : before is null ? rate.Full
        : rate.Carry(level, before);
}
