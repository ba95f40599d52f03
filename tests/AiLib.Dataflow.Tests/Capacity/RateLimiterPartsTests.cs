using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Tests.Capacity;

/// <summary>Input and output tokens, each with a limit of its own.</summary>
public sealed class RateLimiterPartsTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly TestTime _time = new();

    private RateLimiter Create(long? input = null, long? output = null, Action<RateLimiterOptions>? more = null)
    {
        RateLimiterOptions options = new() { InputTokensPerMinute = input, OutputTokensPerMinute = output };
        more?.Invoke(options);
        return new RateLimiter(options, _time);
    }

    private static RateReservation Take(RateLimiter limiter, TokenCost cost)
    {
        Assert.True(limiter.TryReserve(cost, out RateReservation reservation, out TimeSpan wait), $"{cost} has to wait {wait}.");
        return reservation;
    }

    private static QuotaReading Of(QuotaDimension dimension, long? limit, long? remaining) => new(dimension, Minute, limit, remaining, FullIn: null);

    [Fact]
    public void Whichever_part_runs_out_makes_the_request_wait()
    {
        RateLimiter limiter = Create(input: 6_000, output: 600);
        Take(limiter, new TokenCost(1_000, 600));

        Assert.False(limiter.TryReserve(new TokenCost(1, 10), out _, out TimeSpan forOutput));
        Assert.Equal(TimeSpan.FromSeconds(1), forOutput);
        Take(limiter, new TokenCost(5_000, 0));
        Assert.False(limiter.TryReserve(new TokenCost(100, 0), out _, out TimeSpan forInput));
        Assert.Equal(TimeSpan.FromSeconds(1), forInput);
        Assert.Equal((0L, 0L, null, null), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining, limiter.TokensRemaining, limiter.Remaining));
    }

    [Fact]
    public void Each_part_is_settled_by_what_was_really_used_of_it()
    {
        RateLimiter limiter = Create(input: 1_000, output: 1_000);
        RateReservation reservation = Take(limiter, new TokenCost(400, 900));

        limiter.Settle(reservation, new TokenCost(500, 100));

        Assert.Equal((500L, 900L), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining));
    }

    [Fact]
    public void Where_the_usage_is_unknown_the_hold_stays()
    {
        RateLimiter limiter = Create(input: 1_000, output: 1_000);
        RateReservation reservation = Take(limiter, new TokenCost(400, 900));

        limiter.Settle(reservation, cost: null);

        Assert.Equal((600L, 100L), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining));
    }

    [Fact]
    public void A_total_alone_leaves_each_part_as_it_was_estimated_as_far_as_that_can_be()
    {
        RateLimiter limiter = Create(input: 1_000, output: 1_000);
        RateReservation reservation = Take(limiter, new TokenCost(200, 900));

        limiter.Settle(reservation, 500);

        Assert.Equal((800L, 500L), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining));
    }

    [Fact]
    public void A_total_alone_is_taken_in_full_from_limits_that_are_configured()
    {
        RateLimiter limiter = Create(input: 1_000, output: 1_000);

        Take(limiter, 300);

        Assert.Equal((700L, 700L), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining));
    }

    [Fact]
    public void A_total_alone_takes_nothing_from_limits_that_were_only_told_until_the_answer_says_more()
    {
        RateLimiter limiter = Create();
        limiter.Learn([Of(QuotaDimension.InputTokens, 1_000, null), Of(QuotaDimension.OutputTokens, 1_000, null)], _time.GetTimestamp(), Take(limiter, 0));

        RateReservation reservation = Take(limiter, 300);
        Assert.Equal((1_000L, 1_000L), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining));

        limiter.Settle(reservation, new TokenCost(250, 40));
        Assert.Equal((750L, 960L), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining));
    }

    [Fact]
    public void What_is_larger_than_its_part_can_ever_hold_never_fits()
    {
        RateLimiter limiter = Create(input: 1_000, output: 100);

        Assert.True(limiter.Fits(new TokenCost(1_000, 100)));
        Assert.False(limiter.Fits(new TokenCost(1_001, 1)));
        Assert.False(limiter.Fits(new TokenCost(1, 101)));
        Assert.False(limiter.Fits(101));
        Assert.False(limiter.TryReserve(new TokenCost(1, 101), out _, out TimeSpan wait));
        Assert.Equal(TimeSpan.MaxValue, wait);
        Assert.Contains("101 output tokens", limiter.NeverFits(new TokenCost(1, 101)).Reason, StringComparison.Ordinal);
        Assert.Contains("1001 input tokens", limiter.NeverFits(new TokenCost(1_001, 1)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Bursts_bound_what_goes_at_once()
    {
        RateLimiter limiter = Create(input: 6_000, output: 6_000, options => (options.InputTokenBurst, options.OutputTokenBurst) = (50, 20));

        Assert.Equal((50L, 20L), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining));
        Assert.False(limiter.Fits(new TokenCost(51, 0)));
    }

    [Fact]
    public void What_a_provider_tells_of_each_part_is_a_limit_and_lowers_what_is_left()
    {
        RateLimiter limiter = Create();
        RateReservation first = Take(limiter, new TokenCost(100, 20));

        limiter.Learn([Of(QuotaDimension.InputTokens, 50_000, 40_000), Of(QuotaDimension.OutputTokens, 8_000, 500)], _time.GetTimestamp(), first);

        Assert.Equal((40_000L, 500L), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining));
        Assert.False(limiter.TryReserve(new TokenCost(10, 580), out _, out TimeSpan wait));
        Assert.Equal(TimeSpan.FromSeconds(0.6), wait);
    }

    [Fact]
    public void What_was_taken_after_the_attempt_began_comes_off_what_a_provider_tells()
    {
        RateLimiter limiter = Create(input: 10_000, output: 10_000);
        long startedAt = _time.GetTimestamp();
        RateReservation first = Take(limiter, new TokenCost(100, 10));
        Take(limiter, new TokenCost(2_000, 300));

        limiter.Learn([Of(QuotaDimension.InputTokens, 10_000, 9_000), Of(QuotaDimension.OutputTokens, 10_000, 9_000)], startedAt, first);

        Assert.Equal((7_000L, 8_700L), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining));
    }

    [Fact]
    public void News_of_one_part_do_not_make_those_of_another_old()
    {
        RateLimiter limiter = Create(input: 1_000, output: 1_000);
        RateReservation early = Take(limiter, new TokenCost(0, 0));
        _time.Advance(1);
        RateReservation late = Take(limiter, new TokenCost(0, 0));

        limiter.Learn([Of(QuotaDimension.InputTokens, null, 500)], _time.GetTimestamp(), late);
        limiter.Learn([Of(QuotaDimension.OutputTokens, null, 400), Of(QuotaDimension.InputTokens, null, 100)], _time.GetTimestamp() - 1, early);

        Assert.Equal(500, limiter.InputTokensRemaining);
        Assert.InRange(limiter.OutputTokensRemaining!.Value, 400, 417);
    }

    [Fact]
    public void A_refund_gives_both_parts_back()
    {
        RateLimiter limiter = Create(input: 1_000, output: 1_000, options => options.RequestsPerDay = 5);

        limiter.Refund(Take(limiter, new TokenCost(400, 300)));

        Assert.Equal((1_000L, 1_000L, 5L), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining, limiter.Remaining));
    }

    [Fact]
    public void A_change_carries_the_credits_over_and_a_new_limit_is_full()
    {
        RateLimiter limiter = Create(input: 1_000);
        RateReservation before = Take(limiter, new TokenCost(400, 300));

        limiter.UpdateLimits(new RateLimiterOptions { InputTokensPerMinute = 500, OutputTokensPerMinute = 500 });
        limiter.Settle(before, new TokenCost(600, 400));

        Assert.Equal((300L, 500L), (limiter.InputTokensRemaining, limiter.OutputTokensRemaining));
    }

    [Fact]
    public void A_burst_without_its_limit_is_a_mistake()
    {
        ConfigurationException wrong = Assert.Throws<ConfigurationException>(() => new RateLimiter(new RateLimiterOptions { InputTokenBurst = 1, OutputTokenBurst = 1, RequestsPerDay = 0 }));

        Assert.Contains("InputTokensPerMinute is not set", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("OutputTokensPerMinute is not set", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("RequestsPerDay is 0", wrong.Message, StringComparison.Ordinal);
    }
}
