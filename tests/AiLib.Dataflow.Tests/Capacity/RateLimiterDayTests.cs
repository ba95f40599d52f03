using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Tests.Capacity;

/// <summary>Limits of a day: all of it at once, and what was taken comes back evenly.</summary>
public sealed class RateLimiterDayTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private readonly TestTime _time = new();

    private RateLimiter Create(Action<RateLimiterOptions>? configure = null)
    {
        RateLimiterOptions options = new();
        configure?.Invoke(options);
        return new RateLimiter(options, _time);
    }

    private static RateReservation Take(RateLimiter limiter, TokenCost cost = default)
    {
        Assert.True(limiter.TryReserve(cost, out RateReservation reservation, out TimeSpan wait), $"{cost} has to wait {wait}.");
        return reservation;
    }

    private static QuotaReading Requests(long? limit, long? remaining, TimeSpan? window) => new(QuotaDimension.Requests, window, limit, remaining, FullIn: null);

    [Fact]
    public void A_short_job_waits_for_nothing_and_a_long_one_for_a_day_s_share()
    {
        RateLimiter limiter = Create(options => options.RequestsPerDay = 24);
        for (int request = 0; request < 24; request++)
        {
            Take(limiter);
        }

        Assert.False(limiter.TryReserve(0, out _, out TimeSpan wait));
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromHours(1)), (wait, limiter.TimeUntilDayAllows(0, countsTokens: true)));
        _time.Advance(3_600);
        Take(limiter);
        Assert.False(limiter.TryReserve(0, out _, out _));
    }

    [Fact]
    public void Tokens_of_a_day_are_settled_like_others_and_bound_what_ever_fits()
    {
        RateLimiter limiter = Create(options => options.TokensPerDay = 10_000);
        RateReservation reservation = Take(limiter, new TokenCost(4_000, 5_000));
        limiter.Settle(reservation, new TokenCost(4_000, 100));

        Assert.Equal((5_900L, 10_000L), (limiter.TokensRemaining, limiter.LargestCost));
        Assert.False(limiter.Fits(10_001));
        Assert.Contains("TokensPerDay", limiter.NeverFits(10_001).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_day_and_a_minute_hold_at_once()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerMinute, options.BurstSize, options.RequestsPerDay) = (60, 10, 12));
        for (int request = 0; request < 10; request++)
        {
            Take(limiter);
        }

        Assert.False(limiter.TryReserve(0, out _, out TimeSpan wait));
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.Zero), (wait, limiter.TimeUntilDayAllows(0, countsTokens: true)));
        _time.Advance(5);
        Take(limiter);
        Take(limiter);
        Assert.Equal(0, limiter.Remaining);
    }

    [Fact]
    public void A_day_s_limit_that_is_told_begins_with_what_the_provider_has_left()
    {
        RateLimiter limiter = Create();

        // As Groq tells it.
        limiter.Learn([Requests(14_400, 9_000, Day)], _time.GetTimestamp(), Take(limiter));

        Assert.Equal(9_000, limiter.Remaining);
        limiter.Learn([Requests(14_400, 3, Day)], _time.GetTimestamp(), Take(limiter));
        Assert.Equal(3, limiter.Remaining);
    }

    [Fact]
    public void A_day_whose_quota_comes_back_at_one_time_is_not_learned_and_what_was_learned_is_forgotten()
    {
        RateLimiter limiter = Create();
        limiter.Learn([Requests(1_000, 500, Day)], _time.GetTimestamp(), Take(limiter));
        Assert.Equal(500, limiter.Remaining);

        // An even flow would have brought the one back in a minute and a half.
        limiter.Learn([Requests(1_000, 999, Day) with { FullIn = TimeSpan.FromHours(20) }], _time.GetTimestamp(), Take(limiter));

        Assert.Null(limiter.Remaining);
        limiter.Learn([Requests(1_000, 400, Day) with { FullIn = TimeSpan.FromHours(15) }], _time.GetTimestamp(), Take(limiter));
        Assert.Equal(400, limiter.Remaining);
    }

    [Fact]
    public void A_day_s_limit_tightens_nothing_but_the_day()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerMinute, options.BurstSize) = (600, 100));

        limiter.Learn([Requests(1_000, 900, Day)], _time.GetTimestamp(), Take(limiter));

        Assert.Equal(99, limiter.Remaining);
    }

    [Fact]
    public void An_hour_is_no_day_and_what_is_left_of_it_is_heeded_where_there_is_a_bucket()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerMinute, options.BurstSize) = (600, 100));

        limiter.Learn([Requests(1_000, 7, TimeSpan.FromHours(1))], _time.GetTimestamp(), Take(limiter));

        Assert.Equal(7, limiter.Remaining);
    }

    [Fact]
    public void A_refusal_never_takes_a_day_s_credits()
    {
        RateLimiter limiter = Create(options => options.RequestsPerDay = 1_000);
        Take(limiter);

        limiter.OnRefused(_time.GetTimestamp(), 0, TimeSpan.FromSeconds(30), _time.GetTimestamp());

        Assert.Equal(999, limiter.Remaining);
        Take(limiter);
    }

    [Fact]
    public void Where_only_a_day_is_limited_refusals_in_a_row_hold_everybody_as_without_limits()
    {
        RateLimiter limiter = Create(options => options.RequestsPerDay = 1_000);
        for (int refusal = 0; refusal < 5; refusal++)
        {
            limiter.OnRefused(_time.GetTimestamp(), 0, TimeSpan.FromSeconds(30), _time.GetTimestamp());
        }

        Assert.False(limiter.TryReserve(0, out _, out TimeSpan wait));
        Assert.Equal(TimeSpan.FromSeconds(30), wait);
        _time.Advance(30);
        Take(limiter);
        Assert.False(limiter.TryReserve(0, out _, out _), "One at a time looks.");
        limiter.OnServed(_time.GetTimestamp());
        Take(limiter);
    }

    [Fact]
    public void The_largest_limits_and_headrooms_fit()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerDay, options.TokensPerDay, options.Headroom) = (10_000_000_000, 10_000_000_000_000, 0.123_457));

        Take(limiter, 10_000_000_000_000);
        Assert.Equal((9_999_999_999L, 0L), (limiter.Remaining, limiter.TokensRemaining));
        _time.Advance(86_400);
        Assert.InRange(limiter.TokensRemaining!.Value, 8_765_000_000_000, 8_765_430_000_000);
    }
}
