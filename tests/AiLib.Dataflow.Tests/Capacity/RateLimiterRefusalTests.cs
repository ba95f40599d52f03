using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Capacity;

/// <summary>What a refusal does to the credits, and how far a told wait is believed.</summary>
public sealed class RateLimiterRefusalTests
{
    private readonly TestTime _time = new();

    private RateLimiter Create(double headroom = 0, double? ofRequests = null, long? tokens = 60_000) => new(
        new RateLimiterOptions
        {
            RequestsPerSecond = 10,
            BurstSize = 10,
            TokensPerMinute = tokens,
            TokenBurst = tokens is null ? null : 10_000,
            Headroom = headroom,
            RequestHeadroom = ofRequests,
        },
        _time);

    private static TimeSpan Milliseconds(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private void Refuse(RateLimiter limiter, TimeSpan wait, long cost = 0) => limiter.OnRefused(_time.GetTimestamp() - 1, cost, wait, _time.GetTimestamp());

    [Fact]
    public void After_a_refusal_everybody_waits_as_long_as_was_told()
    {
        RateLimiter limiter = Create();

        Refuse(limiter, Milliseconds(200));

        Assert.Equal(Milliseconds(200), limiter.TimeUntil());
        _time.Advance(Milliseconds(199));
        Assert.False(limiter.TryReserve(0, out _, out _));
        _time.Advance(Milliseconds(1));
        Assert.True(limiter.TryReserve(0, out _, out _));
        Assert.False(limiter.TryReserve(0, out _, out _));
    }

    [Fact]
    public void What_is_nearest_to_its_end_is_what_was_refused()
    {
        RateLimiter limiter = Create();
        Assert.True(limiter.TryReserve(9_500, out _, out _));

        Refuse(limiter, Milliseconds(100), cost: 500);

        Assert.Equal(9, limiter.Remaining);
        Assert.Equal((TimeSpan.Zero, Milliseconds(100)), (limiter.TimeUntil(cost: 0), limiter.TimeUntil(cost: 500)));
    }

    [Fact]
    public void A_long_wait_is_believed_up_to_a_burst_when_attempts_within_it_are_refused_too()
    {
        RateLimiter limiter = Create(tokens: null);

        Assert.Equal([Milliseconds(250), Milliseconds(500), Milliseconds(1_000), Milliseconds(1_100), Milliseconds(1_100)], WaitsAfterRefusals(limiter));
    }

    [Fact]
    public void What_is_longer_than_requests_can_owe_tokens_owe_too()
    {
        // Ten seconds' worth of tokens, and a second's worth of requests, which are nearer to their end.
        RateLimiter limiter = Create();

        Assert.Equal([Milliseconds(250), Milliseconds(500), Milliseconds(1_000), Milliseconds(2_000), Milliseconds(4_000)], WaitsAfterRefusals(limiter));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void And_so_do_input_and_output_where_they_are_limited_apart(bool isInput)
    {
        RateLimiter limiter = new(
            new RateLimiterOptions { RequestsPerSecond = 10, BurstSize = 10, InputTokensPerMinute = isInput ? 60_000 : null, OutputTokensPerMinute = isInput ? null : 60_000 }, _time);

        Assert.Equal(Milliseconds(4_000), WaitsAfterRefusals(limiter)[^1]);
    }

    [Fact]
    public void What_comes_after_a_refused_request_comes_later_by_the_wait()
    {
        RateLimiter limiter = Create();
        while (limiter.TryReserve(0, out _, out _))
        {
            // All that there is.
        }

        Refuse(limiter, Milliseconds(20));

        Assert.Equal(Milliseconds(120), limiter.TimeUntil());

        // And no more than is needed of what waits already.
        _time.Advance(Milliseconds(10));
        Refuse(limiter, Milliseconds(115));
        Assert.Equal(Milliseconds(115), limiter.TimeUntil());
    }

    private List<TimeSpan> WaitsAfterRefusals(RateLimiter limiter)
    {
        List<TimeSpan> waits = [];
        for (int refusal = 0; refusal < 5; refusal++)
        {
            Refuse(limiter, TimeSpan.FromMinutes(1));
            waits.Add(limiter.TimeUntil());
            _time.Advance(limiter.TimeUntil() + Milliseconds(1));
        }

        return waits;
    }

    [Fact]
    public void A_target_that_goes_on_serving_is_not_left_alone()
    {
        RateLimiter limiter = Create();
        for (int answer = 0; answer < 20; answer++)
        {
            Refuse(limiter, TimeSpan.FromSeconds(1));
            _time.Advance(limiter.TimeUntil() + Milliseconds(2));
            Assert.True(limiter.IsWithinToldWait(_time.GetTimestamp()));
            limiter.OnAnsweredWithinToldWait();
            _time.Advance(1);
        }

        Refuse(limiter, TimeSpan.FromSeconds(1));

        Assert.Equal(Milliseconds(1), limiter.TimeUntil());
    }

    [Fact]
    public void An_answer_counts_although_others_were_refused_while_it_was_on_its_way()
    {
        RateLimiter limiter = Create();
        Refuse(limiter, TimeSpan.FromSeconds(1));
        _time.Advance(Milliseconds(300));
        long startedAt = _time.GetTimestamp();

        // Two that began earlier: quick to refuse.
        _time.Advance(Milliseconds(300));
        Refuse(limiter, TimeSpan.FromSeconds(1));
        _time.Advance(Milliseconds(300));
        Refuse(limiter, TimeSpan.FromSeconds(1));

        Assert.True(limiter.IsWithinToldWait(startedAt));

        // Not one that began before all of them, nor one that begins when the last wait is over.
        Assert.False(limiter.IsWithinToldWait(startedAt - _time.TimestampFrequency));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(limiter.IsWithinToldWait(_time.GetTimestamp()));

        // And a refusal after a wait that was kept begins anew.
        Refuse(limiter, TimeSpan.FromSeconds(1));
        Assert.False(limiter.IsWithinToldWait(startedAt));
    }

    [Fact]
    public void A_belief_that_nothing_puts_to_the_test_fades_to_where_it_began()
    {
        RateLimiter limiter = Create();
        for (int refusal = 0; refusal < 3; refusal++)
        {
            // Each within the wait that the one before told.
            Refuse(limiter, TimeSpan.FromMinutes(1));
            _time.Advance(Milliseconds(1));
        }

        // Believed for a second by now. Then told half a second each time, and nobody is sent before that is over.
        List<TimeSpan> waits = [];
        _time.Advance(TimeSpan.FromMinutes(2));
        for (int refusal = 0; refusal < 6; refusal++)
        {
            Refuse(limiter, Milliseconds(500));
            waits.Add(limiter.TimeUntil());
            _time.Advance(Milliseconds(600));
        }

        Assert.Equal([Milliseconds(500), Milliseconds(500), Milliseconds(421.875), Milliseconds(316.40625), Milliseconds(250), Milliseconds(250)], waits);
    }

    [Fact]
    public void Refusals_of_what_was_under_way_already_say_nothing_new()
    {
        RateLimiter limiter = Create();
        long before = _time.GetTimestamp();
        _time.Advance(Milliseconds(50));
        limiter.OnRefused(before, 0, Milliseconds(200), _time.GetTimestamp());
        _time.Advance(Milliseconds(100));

        limiter.OnRefused(before, 0, Milliseconds(200), _time.GetTimestamp());

        Assert.Equal(Milliseconds(100), limiter.TimeUntil());
    }

    [Fact]
    public void A_refusal_never_gives_credits()
    {
        RateLimiter limiter = Create();
        for (int n = 0; n < 10; n++)
        {
            Assert.True(limiter.TryReserve(0, out _, out _));
        }

        Refuse(limiter, Milliseconds(1));

        Assert.Equal(Milliseconds(101), limiter.TimeUntil());
    }

    [Theory]
    [InlineData(0, null, 600, 60_000)]
    [InlineData(0.005, null, 597, 59_700)]
    [InlineData(0.5, null, 300, 30_000)]
    [InlineData(0.5, 0.0, 600, 30_000)]
    [InlineData(0, 0.5, 300, 60_000)]
    public void Headroom_is_the_share_of_the_rates_that_nobody_gets(double headroom, double? ofRequests, int requests, long tokens)
    {
        RateLimiter limiter = Create(headroom, ofRequests);
        int passed = -10;
        long cost = -10_000;
        for (int tick = 0; tick <= 60_000; tick += 5)
        {
            while (limiter.TryReserve(0, out _, out _))
            {
                passed++;
            }

            _time.Advance(Milliseconds(5));
        }

        RateLimiter ofTokens = new(new RateLimiterOptions { TokensPerMinute = 60_000, TokenBurst = 10_000, Headroom = headroom, RequestHeadroom = ofRequests }, _time);
        for (int tick = 0; tick <= 60_000; tick += 200)
        {
            while (ofTokens.TryReserve(100, out _, out _))
            {
                cost += 100;
            }

            _time.Advance(Milliseconds(200));
        }

        Assert.InRange(passed, requests - 1, requests);
        Assert.InRange(cost, tokens - 300, tokens);
    }

    [Theory]
    [InlineData(0.333333, 0.0123)]
    [InlineData(0.333333, 0.000001)]
    [InlineData(999_999.999_999, 0.123457)]
    public void Headroom_is_exact_at_odd_rates_on_the_finest_clock(double rate, double headroom)
    {
        Clock clock = new(TimeProvider.System);
        RateLimits limits = RateLimits.From(new RateLimiterOptions { RequestsPerSecond = rate, BurstSize = 1, Headroom = headroom }, clock);
        CreditLevels levels = default;
        long cost = 0;

        double seconds = (double)limits.Take(ref levels, ref cost, takes: false) / clock.Frequency;

        Assert.Equal(1, seconds * rate * (1 - headroom), 1e-2);
    }

    [Theory]
    [InlineData(0.0123)]
    [InlineData(0.000001)]
    public void Headroom_is_exact_at_odd_limits_a_minute_on_the_finest_clock(double headroom)
    {
        Clock clock = new(TimeProvider.System);
        RateLimits limits = RateLimits.From(new RateLimiterOptions { TokensPerMinute = 99_999_999_977, Headroom = headroom }, clock);
        CreditLevels levels = default;
        long cost = 99_999_999_977;

        double minutes = (double)limits.Take(ref levels, ref cost, takes: false) / clock.Frequency / 60;

        Assert.Equal(1, minutes * (1 - headroom), 1e-6);
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(0.51)]
    [InlineData(double.NaN)]
    public void A_headroom_out_of_range_is_refused(double headroom) =>
        Assert.Equal(
            [true, true],
            new[] { ("RateLimiter.Headroom", () => Create(headroom)), ("RateLimiter.RequestHeadroom", (Func<RateLimiter>)(() => Create(ofRequests: headroom))) }
                .Select(bad => Assert.Throws<ConfigurationException>(bad.Item2).Message.Contains(bad.Item1, StringComparison.Ordinal)));
}
