using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>The limits of one target that are in force together, and what they do to the levels of their buckets.</summary>
/// <remarks>Immutable; pure arithmetic on levels that the caller holds. A change of limits is another object with the next edition.</remarks>
internal sealed class RateLimits
{
    private readonly CreditRate? _second;
    private readonly CreditRate? _minute;
    private readonly CreditRate? _tokens;

    // Millionths of the rates that are left unused: of tokens and of a day, and of requests.
    private readonly int _headroom;
    private readonly int _requestHeadroom;

    private RateLimits(CreditRate? second, CreditRate? minute, CreditRate? tokens, FurtherRates? further, long largestCost, int edition, (int All, int OfRequests) headroom)
    {
        (_headroom, _requestHeadroom) = headroom;
        _second = second;
        _minute = minute;
        _tokens = tokens;
        Further = further;
        LargestCost = largestCost;
        Edition = edition;
        IsAny = second is not null || minute is not null || tokens is not null || further is not null;
        CountsTokens = tokens is not null || further is { HasTokens: true };
    }

    /// <summary>Whether anything is limited.</summary>
    public bool IsAny { get; }

    /// <summary>Whether something is limited over a minute or less: then there are credits that a refusal can correct.</summary>
    public bool IsPaced => _second is not null || _minute is not null || _tokens is not null || Further is { IsPaced: true };

    /// <summary>Whether requests are limited.</summary>
    public bool HasRequests => _second is not null || _minute is not null || Further?[FurtherLimit.DayRequests] is not null;

    /// <summary>Whether tokens are limited, input and output together.</summary>
    public bool HasTokens => _tokens is not null || Further?[FurtherLimit.DayTokens] is not null;

    /// <summary>Whether tokens of any kind are limited.</summary>
    public bool CountsTokens { get; }

    /// <summary>The limits that few targets have; null where there are none of them.</summary>
    public FurtherRates? Further { get; }

    /// <summary>The largest cost that may pass, as configured; the largest number where nothing is.</summary>
    public long LargestCost { get; }

    /// <summary>Grows by one with each change.</summary>
    public int Edition { get; }

    /// <summary>Requests with one timestamp unit, at the slower of the two rates; null where there is none.</summary>
    public double? RequestsPerTick => (_second, _minute) switch
    {
        ({ } second, { } minute) => Math.Min(second.PerTick, minute.PerTick),
        var (second, minute) => (second ?? minute)?.PerTick,
    };

    /// <summary>Tokens with one timestamp unit; null where there is no limit.</summary>
    public double? TokensPerTick => _tokens?.PerTick;

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
            long micro = Math.Max(1, (long)Math.Floor((decimal)rate * (1 - (decimal)(options.RequestHeadroom ?? options.Headroom)) * 1_000_000));
            perSecond = new CreditRate(micro, 1_000_000 * second, options.BurstSize ?? Math.Max(1, (long)rate));
        }

        CreditRate? perMinute = options.RequestsPerMinute is { } requests
            ? new CreditRate(requests, 60 * second, options.BurstSize ?? Math.Max(1, requests / 60))
            : null;
        CreditRate? ofTokens = options.TokensPerMinute is { } tokens ? new CreditRate(tokens, 60 * second, options.TokenBurst ?? tokens) : null;
        int headroom = (int)Math.Round(options.Headroom * 1_000_000);
        int ofRequests = (int)Math.Round((options.RequestHeadroom ?? options.Headroom) * 1_000_000);
        return new RateLimits(
            perSecond,
            perMinute?.Less(ofRequests),
            ofTokens?.Less(headroom),
            FurtherRates.From(options, clock, headroom),
            Math.Min(ofTokens?.Burst ?? long.MaxValue, options.TokensPerDay ?? long.MaxValue),
            edition: 0,
            (headroom, ofRequests));
    }

    /// <summary>What follows on other limits: these, tightened by what the target told.</summary>
    /// <param name="told">What it told.</param>
    /// <param name="before">What was in force.</param>
    /// <param name="clock">The limiter's time.</param>
    public RateLimits After(RateLimits before, ToldLimits told, Clock clock)
    {
        int edition = before.Edition + 1;
        return new RateLimits(
            CreditRate.Tighter(_second, told[ToldLimits.Second].ToRequests(clock)?.Less(_requestHeadroom), told[ToldLimits.Second].Limit, before._second, edition),
            CreditRate.Tighter(_minute, told[ToldLimits.Minute].ToRequests(clock)?.Less(_requestHeadroom), told[ToldLimits.Minute].Limit, before._minute, edition),
            CreditRate.Tighter(_tokens, told[ToldLimits.Tokens].ToWhole(clock)?.Less(_headroom), told[ToldLimits.Tokens].Limit, before._tokens, edition),
            FurtherRates.After(Further, before.Further, told, clock, _headroom, edition),
            LargestCost,
            edition,
            (_headroom, _requestHeadroom));
    }

    /// <summary>The levels that follow on those of other limits: so many credits as there were, as far as they fit. New buckets are full.</summary>
    public CreditLevels Carry(RateLimits before, in CreditLevels levels) => new()
    {
        Second = CreditRate.Carry(_second, before._second, levels.Second),
        Minute = CreditRate.Carry(_minute, before._minute, levels.Minute),
        Tokens = CreditRate.Carry(_tokens, before._tokens, levels.Tokens),
    };

    /// <summary>The tokens, or as many as the buckets for both kinds of tokens hold.</summary>
    public long Capped(long tokens) => Math.Min(Math.Min(tokens, _tokens?.Burst ?? long.MaxValue), Further?[FurtherLimit.DayTokens]?.Burst ?? long.MaxValue);

    /// <summary>Lets flow in what is due after so many timestamp units.</summary>
    public void Refill(ref CreditLevels levels, long elapsed)
    {
        levels.Second = _second?.Refill(levels.Second, elapsed) ?? 0;
        levels.Minute = _minute?.Refill(levels.Minute, elapsed) ?? 0;
        levels.Tokens = _tokens?.Refill(levels.Tokens, elapsed) ?? 0;
    }

    /// <summary>Takes the credits if they are there, or only looks.</summary>
    /// <param name="levels">From where.</param>
    /// <param name="cost">The token credits; lowered to what the bucket can hold.</param>
    /// <param name="takes">Whether to take them.</param>
    /// <returns>How long until they are there; 0 when they are, and then they are taken.</returns>
    public long Take(ref CreditLevels levels, ref long cost, bool takes)
    {
        if (_tokens is not null && cost > _tokens.Burst)
        {
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
    /// <param name="further">Those of the limits that few targets have.</param>
    /// <param name="reading">What an answer said.</param>
    /// <param name="news">Whose answer it was.</param>
    public void Lower(ref CreditLevels levels, ref FurtherLevels further, in QuotaReading reading, in QuotaNews news)
    {
        if (reading.Remaining is not { } remaining || (Further is not null && Further.TryLower(ref further, reading, news)))
        {
            return;
        }

        if (reading.Dimension == QuotaDimension.Tokens)
        {
            levels.Tokens = _tokens is null ? levels.Tokens : news.Lower(_tokens, levels.Tokens, remaining, reading.Dimension);
        }
        else if (reading.Dimension == QuotaDimension.Requests)
        {
            // A window that has no bucket, or that was not told, is no less an upper bound of what may go now.
            if (_second is not null && (_minute is null || ToldLimits.IsOfSecond(reading.Window)))
            {
                levels.Second = news.Lower(_second, levels.Second, remaining, reading.Dimension);
            }
            else if (_minute is not null)
            {
                levels.Minute = news.Lower(_minute, levels.Minute, remaining, reading.Dimension);
            }
        }
    }

    /// <summary>Lowers the level that is nearest to its end to where a request of this cost has to wait so long: its target has just refused one.</summary>
    public void Hold(ref CreditLevels levels, ref FurtherLevels further, in TokenCost refused, long wait)
    {
        Int128 second = _second?.TicksUntil(levels.Second, 1) ?? Int128.MinValue;
        Int128 minute = _minute?.TicksUntil(levels.Minute, 1) ?? Int128.MinValue;
        long cost = Capped(refused.Total);
        Int128 tokens = _tokens?.TicksUntil(levels.Tokens, cost) ?? Int128.MinValue;
        if (Further?.Nearer(further, refused, Int128.Max(tokens, Int128.Max(second, minute))) is { } nearer)
        {
            Further.Hold(ref further, nearer, refused, wait);
        }
        else if (_tokens is not null && tokens >= second && tokens >= minute)
        {
            levels.Tokens = _tokens.LowerTo(levels.Tokens, cost, wait);
        }
        else if ((minute >= second ? _minute : _second) is { } requests)
        {
            // By as much and not only to there: in slices of a second a request that is refused just before the next one moves all that follow it into it, or the same would be refused again and again.
            ref Int128 level = ref minute >= second ? ref levels.Minute : ref levels.Second;
            level = requests.LowerBy(level, wait);
            if (!requests.CanOwe(wait))
            {
                // A window has ended that holds more than a second's worth: of tokens, if anything here can wait for as long.
                levels.Tokens = _tokens?.LowerTo(levels.Tokens, cost, wait) ?? 0;
                Further?.HoldTokens(ref further, refused, wait);
            }
        }
    }

    /// <summary>Whether the wait for the tokens of such a request is longer than that for its request credits.</summary>
    public bool IsShortOfTokens(in CreditLevels levels, in FurtherLevels further, in TokenCost cost)
    {
        Int128 second = _second?.TicksUntil(levels.Second, 1) ?? Int128.MinValue;
        Int128 minute = _minute?.TicksUntil(levels.Minute, 1) ?? Int128.MinValue;
        Int128 requests = Int128.Max(Int128.Max(second, minute), Further?.Longest(further, cost, Capped(cost.Total), ofTokens: false) ?? Int128.MinValue);
        Int128 tokens = _tokens?.TicksUntil(levels.Tokens, Capped(cost.Total)) ?? Int128.MinValue;
        return CountsTokens && Int128.Max(tokens, Further?.Longest(further, cost, Capped(cost.Total), ofTokens: true) ?? Int128.MinValue) >= requests;
    }

    /// <summary>Whole requests at these levels.</summary>
    public long Requests(in CreditLevels levels, in FurtherLevels further)
    {
        long overMinute = Math.Min(_second?.Available(levels.Second) ?? long.MaxValue, _minute?.Available(levels.Minute) ?? long.MaxValue);
        return Math.Min(overMinute, Further?.Available(further, FurtherLimit.DayRequests) ?? long.MaxValue);
    }

    /// <summary>Whole tokens at these levels, input and output together.</summary>
    public long Tokens(in CreditLevels levels, in FurtherLevels further) =>
        Math.Min(_tokens?.Available(levels.Tokens) ?? long.MaxValue, Further?.Available(further, FurtherLimit.DayTokens) ?? long.MaxValue);
}
