using AiLib.Dataflow.Capacity;
using CsCheck;

namespace AiLib.Dataflow.Tests.Capacity;

public sealed class RateLimiterTests
{
    private readonly TestTime _time = new();

    private RateLimiter Create(Action<RateLimiterOptions> configure)
    {
        RateLimiterOptions options = new();
        configure(options);
        return new RateLimiter(options, _time);
    }

    [Fact]
    public void Without_limits_everything_passes_and_nothing_is_counted()
    {
        RateLimiter limiter = Create(_ => { });

        Assert.False(limiter.IsLimited);
        Assert.True(limiter.TryReserve(long.MaxValue, out _, out _));
        Assert.Equal(((long?)null, (long?)null, (long?)null), (limiter.Remaining, limiter.TokensRemaining, limiter.LargestCost));
    }

    [Theory]
    [InlineData(0.5, 1, 2.0)]
    [InlineData(1, 1, 1.0)]
    [InlineData(10, 10, 0.1)]
    [InlineData(0.001, 1, 1000.0)]
    [Trait("Fault", "P16")]
    public void A_fresh_limiter_has_its_burst_and_then_one_credit_per_interval(double rate, int burst, double interval)
    {
        RateLimiter limiter = Create(options => options.RequestsPerSecond = rate);

        for (int n = 0; n < burst; n++)
        {
            Assert.True(limiter.TryReserve(0, out _, out _));
        }

        Assert.False(limiter.TryReserve(0, out _, out TimeSpan retryAfter));
        Assert.Equal(TimeSpan.FromSeconds(interval), retryAfter);
        _time.Advance(retryAfter - TimeSpan.FromTicks(1));
        Assert.False(limiter.TryReserve(0, out _, out _));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(limiter.TryReserve(0, out _, out _));
    }

    [Fact]
    [Trait("Fault", "P16")]
    public void Thirty_per_minute_start_at_once_and_then_every_two_seconds()
    {
        RateLimiter limiter = Create(options => options.RequestsPerMinute = 30);

        Assert.True(limiter.TryReserve(0, out _, out _));
        Assert.False(limiter.TryReserve(0, out _, out TimeSpan retryAfter));

        Assert.Equal(TimeSpan.FromSeconds(2), retryAfter);
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public void No_more_than_was_configured_starts_however_small_the_rate()
    {
        RateLimiter limiter = Create(options => options.RequestsPerSecond = 0.0015);

        Assert.True(limiter.TryReserve(0, out _, out _));
        _time.Advance(666);

        Assert.False(limiter.TryReserve(0, out _, out _));
    }

    [Fact]
    public void All_limits_are_taken_together_or_none()
    {
        RateLimiter limiter = Create(options =>
        {
            options.RequestsPerSecond = 1;
            options.BurstSize = 5;
            options.TokensPerMinute = 100;
        });

        Assert.True(limiter.TryReserve(80, out _, out _));
        Assert.False(limiter.TryReserve(80, out _, out TimeSpan retryAfter));

        Assert.Equal(TimeSpan.FromSeconds(36), retryAfter);
        Assert.Equal((4L, 20L), (limiter.Remaining, limiter.TokensRemaining));
    }

    [Fact]
    [Trait("Fault", "P17")]
    public async Task What_never_fits_is_said_at_once_and_waits_for_nothing()
    {
        RateLimiter limiter = Create(options => options.TokensPerMinute = 100);

        Assert.False(limiter.Fits(101));
        Assert.False(limiter.TryReserve(101, out _, out TimeSpan retryAfter));
        Assert.Equal((TimeSpan.MaxValue, TimeSpan.MaxValue, 100L), (retryAfter, limiter.TimeUntil(101), limiter.LargestCost));
        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(async () => await limiter.AcquireAsync(101));

        Assert.Equal("never_fits", refused.Refusal.Check);
        Assert.Equal(100, limiter.TokensRemaining);
    }

    [Fact]
    public void A_refund_gives_everything_back_and_never_more_than_the_burst()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerSecond, options.BurstSize, options.TokensPerMinute) = (1, 3, 100));
        Assert.True(limiter.TryReserve(40, out RateReservation reservation, out _));

        limiter.Refund(reservation);
        Assert.Equal((3L, 100L), (limiter.Remaining, limiter.TokensRemaining));
        limiter.Refund(reservation);

        Assert.Equal((3L, 100L), (limiter.Remaining, limiter.TokensRemaining));
    }

    [Theory]
    [InlineData(40L, 25L, 75L)]
    [InlineData(40L, 40L, 60L)]
    [InlineData(40L, 90L, 10L)]
    [InlineData(40L, 0L, 100L)]
    [InlineData(40L, null, 60L)]
    public void Settling_replaces_the_estimate_by_what_was_used(long estimate, long? used, long left)
    {
        RateLimiter limiter = Create(options => options.TokensPerMinute = 100);
        Assert.True(limiter.TryReserve(estimate, out RateReservation reservation, out _));

        limiter.Settle(reservation, used);

        Assert.Equal(left, limiter.TokensRemaining);
    }

    [Theory]
    [InlineData(150, 60 * 50.0 / 100)]
    [InlineData(1_000_000, 60)]
    [InlineData(long.MaxValue, 60)]
    public void More_than_was_reserved_becomes_a_debt_of_one_burst_at_most(long used, double secondsUntilNone)
    {
        RateLimiter limiter = Create(options => options.TokensPerMinute = 100);
        Assert.True(limiter.TryReserve(100, out RateReservation reservation, out _));

        limiter.Settle(reservation, used);

        Assert.Equal(0, limiter.TokensRemaining);
        Assert.Equal(TimeSpan.FromSeconds(secondsUntilNone), limiter.TimeUntil(0));
        _time.Advance(secondsUntilNone);
        Assert.Equal(TimeSpan.Zero, limiter.TimeUntil(0));
    }

    [Fact]
    [Trait("Fault", "P18")]
    public void Asking_takes_nothing()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerSecond, options.BurstSize) = (1, 2));

        for (int n = 0; n < 100; n++)
        {
            Assert.Equal((2L, TimeSpan.Zero), (limiter.Remaining, limiter.TimeUntil()));
        }
    }

    [Fact]
    [Trait("Fault", "P13")]
    public async Task Trying_never_waits_while_others_do()
    {
        RateLimiter limiter = Create(options => options.RequestsPerSecond = 1);
        Assert.True(limiter.TryReserve(0, out _, out _));
        Task waiting = limiter.AcquireAsync().AsTask();
        await _time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));

        Assert.False(limiter.TryReserve(0, out _, out TimeSpan retryAfter));

        Assert.Equal(TimeSpan.FromSeconds(1), retryAfter);
        _time.Advance(1);
        await waiting.WithinPatienceAsync("the credit");
    }

    [Fact]
    public async Task Those_who_wait_are_served_in_their_order_and_one_who_leaves_takes_nothing()
    {
        RateLimiter limiter = Create(options => options.RequestsPerSecond = 1);
        using CancellationTokenSource cancellation = new();
        Assert.True(limiter.TryReserve(0, out _, out _));
        Task first = limiter.AcquireAsync().AsTask();
        Task leaves = limiter.AcquireAsync(cancellationToken: cancellation.Token).AsTask();
        Task third = limiter.AcquireAsync().AsTask();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves.WithinPatienceAsync("the one who leaves"));
        await _time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));
        _time.Advance(1);
        await first.WithinPatienceAsync("the first credit");
        Assert.False(third.IsCompleted);
        await _time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));
        _time.Advance(1);

        await third.WithinPatienceAsync("the second credit");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Invariant", "I14")]
    public async Task Whoever_waits_gets_what_comes_back_before_its_time(bool refunds)
    {
        RateLimiter limiter = new(new RateLimiterOptions { TokensPerMinute = 60 }, _time);
        Assert.True(limiter.TryReserve(60, out RateReservation first, out _));
        Task<RateReservation> waiting = limiter.AcquireAsync(30).AsTask();
        await _time.UntilArmedWithinAsync(TimeSpan.FromSeconds(30));

        if (refunds)
        {
            limiter.Refund(first);
        }
        else
        {
            limiter.Settle(first, 10);
        }

        await waiting.WithinPatienceAsync("credits that are there");
        Assert.Equal(refunds ? 30 : 20, limiter.TokensRemaining);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(long.MinValue)]
    [Trait("Invariant", "I6")]
    public void A_negative_cost_that_is_reported_gives_back_no_more_than_was_taken(long cost)
    {
        RateLimiter limiter = new(new RateLimiterOptions { TokensPerMinute = 60 }, _time);
        Assert.True(limiter.TryReserve(10, out _, out _));
        Assert.True(limiter.TryReserve(10, out RateReservation second, out _));

        limiter.Settle(second, cost);

        Assert.Equal(50, limiter.TokensRemaining);
    }

    [Fact]
    public async Task A_wait_of_years_is_waited_for_and_can_be_cancelled()
    {
        RateLimiter limiter = Create(options => (options.TokensPerMinute, options.TokenBurst) = (1, 1_000_000));
        using CancellationTokenSource cancellation = new();
        Assert.True(limiter.TryReserve(1_000_000, out _, out _));

        Task wait = limiter.AcquireAsync(1_000_000, cancellation.Token).AsTask();
        Assert.False(wait.IsFaulted, wait.Exception?.ToString());
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WithinPatienceAsync("the end of the wait"));
    }

    [Fact]
    public void A_negative_cost_is_an_error_and_takes_nothing()
    {
        RateLimiter limiter = Create(options => options.RequestsPerSecond = 1);

        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.TryReserve(-1, out _, out _));

        Assert.Equal(1, limiter.Remaining);
    }

    [Fact]
    [Trait("Invariant", "I6")]
    [Trait("Fault", "P14")]
    public void Over_every_window_no_more_start_than_rate_times_window_plus_burst()
    {
        Gen.Select(Gen.Int[1, 100_000], Gen.Int[1, 30], Gen.Int[0, 3_000_000].Array[50, 400]).Sample((milliRate, burst, gaps) =>
        {
            TestTime time = new();
            RateLimiter limiter = new(new RateLimiterOptions { RequestsPerSecond = milliRate / 1000.0, BurstSize = burst }, time);
            List<long> starts = [];
            foreach (int gap in gaps)
            {
                time.Advance(TimeSpan.FromTicks(gap % 3 == 0 ? 0 : gap));
                if (limiter.TryReserve(0, out _, out TimeSpan wait))
                {
                    starts.Add(time.GetTimestamp());
                }
                else if (gap % 2 == 0)
                {
                    time.Advance(wait);
                    Assert.True(limiter.TryReserve(0, out _, out _), "A wait that was named is long enough.");
                    starts.Add(time.GetTimestamp());
                }
            }

            AssertNeverFaster(starts, milliRate, period: 1000 * TimeSpan.TicksPerSecond, burst);
        }, iter: 400, seed: "0000KoIPLgn4");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(333_333)]
    [Trait("Invariant", "I7")]
    public void A_million_credits_come_in_exactly_their_time(int perMinute)
    {
        // A burst of one leaves no room to keep the part of a tick by which a start is late; with two, nothing is lost.
        CreditRate rate = new(perMinute, 60 * TimeSpan.TicksPerSecond, burst: 2);
        Int128 level = rate.Take(rate.Full, 2);
        long now = 0;

        for (int n = 0; n < 1_000_000; n++)
        {
            long wait = rate.TicksUntilPaid(rate.Take(level, 1));
            now += wait;
            level = rate.Take(rate.Refill(level, wait), 1);
        }

        // Whoever starts at whole ticks is late by less than a tick each; nothing may add up.
        Int128 period = 60 * TimeSpan.TicksPerSecond;
        Int128 late = ((Int128)now * perMinute) - (1_000_000 * period);
        Assert.InRange((double)late / (double)period, 0, 1);
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public void Saturated_for_a_thousand_seconds_not_one_credit_is_missing()
    {
        foreach (double rate in new[] { 0.3, 1, 7.7, 99.9 })
        {
            TestTime time = new();
            RateLimiter limiter = new(new RateLimiterOptions { RequestsPerSecond = rate, BurstSize = 1 }, time);
            int taken = 0;
            while (time.Elapsed < TimeSpan.FromSeconds(1000))
            {
                if (limiter.TryReserve(0, out _, out TimeSpan wait))
                {
                    taken++;
                }
                else
                {
                    time.Advance(wait);
                }
            }

            Assert.InRange(taken, (rate * 1000) - 1, (rate * 1000) + 1);
        }
    }

    private static void AssertNeverFaster(List<long> starts, long credits, long period, long burst)
    {
        // max over i ≤ j of (j − i + 1 − r·(tj − ti)) ≤ b, in whole numbers: the least prefix decides.
        Int128 worst = Int128.MinValue;
        Int128 least = Int128.MaxValue;
        for (int n = 0; n < starts.Count; n++)
        {
            Int128 level = ((Int128)n * period) - ((Int128)starts[n] * credits);
            least = Int128.Min(least, level);
            worst = Int128.Max(worst, level - least + period);
        }

        Assert.True(worst <= (Int128)burst * period, $"{(double)worst / period} credits in a window that allows {burst}.");
    }
}
