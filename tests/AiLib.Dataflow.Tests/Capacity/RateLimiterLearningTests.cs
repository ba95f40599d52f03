using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Tests.Capacity;

public sealed class RateLimiterLearningTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly TestTime _time = new();

    private RateLimiter Create(Action<RateLimiterOptions>? configure = null)
    {
        RateLimiterOptions options = new();
        configure?.Invoke(options);
        return new RateLimiter(options, _time);
    }

    private static QuotaReading Requests(long? limit, long? remaining, TimeSpan? window) => new(QuotaDimension.Requests, window, limit, remaining, FullIn: null);

    private static QuotaReading Tokens(long? limit, long? remaining, TimeSpan? window) => new(QuotaDimension.Tokens, window, limit, remaining, FullIn: null);

    private RateReservation Take(RateLimiter limiter, long cost = 0)
    {
        Assert.True(limiter.TryReserve(cost, out RateReservation reservation, out _), $"No credit at {_time.Elapsed}.");
        return reservation;
    }

    [Fact]
    public void The_first_answer_sets_the_limits_that_were_not_configured()
    {
        RateLimiter limiter = Create();
        RateReservation first = Take(limiter);

        limiter.Learn([Requests(600, 599, Minute), Tokens(1000, 900, Minute)], _time.GetTimestamp(), first);

        Assert.True(limiter.IsLimited);
        Assert.Equal((10L, 900L), (limiter.Remaining, limiter.TokensRemaining));
        for (int n = 0; n < 10; n++)
        {
            Take(limiter, cost: 90);
        }

        Assert.False(limiter.TryReserve(0, out _, out TimeSpan retryAfter));
        Assert.Equal(TimeSpan.FromSeconds(0.1), retryAfter);
    }

    [Fact]
    public void Limits_of_a_second_and_of_a_minute_are_kept_apart()
    {
        RateLimiter limiter = Create();

        limiter.Learn([Requests(6, null, TimeSpan.FromSeconds(1)), Requests(120, null, Minute)], _time.GetTimestamp(), Take(limiter));

        Assert.Equal(2, limiter.Remaining);
        limiter.Learn([Requests(6, 1, TimeSpan.FromSeconds(1))], _time.GetTimestamp(), Take(limiter));
        Assert.Equal(1, limiter.Remaining);
    }

    [Fact]
    public void Of_two_limits_in_one_answer_the_slower_one_counts()
    {
        RateLimiter limiter = Create();

        limiter.Learn([Tokens(1000, null, Minute), Tokens(400, null, Minute), Tokens(700, null, Minute)], _time.GetTimestamp(), Take(limiter));

        Assert.Equal(400, limiter.TokensRemaining);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public void What_remains_lowers_the_level_and_never_raises_it()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerMinute, options.BurstSize, options.TokensPerMinute) = (60, 20, 1000));
        RateReservation first = Take(limiter, cost: 100);

        limiter.Learn([Requests(null, 5, Minute), Tokens(null, 300, Minute)], _time.GetTimestamp(), first);
        Assert.Equal((5L, 300L), (limiter.Remaining, limiter.TokensRemaining));

        limiter.Learn([Requests(null, 50, Minute), Tokens(null, 990, Minute)], _time.GetTimestamp(), first);
        Assert.Equal((5L, 300L), (limiter.Remaining, limiter.TokensRemaining));
    }

    [Fact]
    public void What_was_taken_after_the_attempt_began_is_not_in_what_remains()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerMinute, options.BurstSize, options.TokensPerMinute) = (60, 20, 1000));
        long began = _time.GetTimestamp();
        RateReservation first = Take(limiter, cost: 10);
        Take(limiter, cost: 100);
        Take(limiter, cost: 100);

        limiter.Learn([Requests(null, 5, Minute), Tokens(null, 500, Minute)], began, first);

        Assert.Equal((3L, 300L), (limiter.Remaining, limiter.TokensRemaining));
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public void What_has_flowed_in_since_the_attempt_began_is_there_as_well()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerMinute, options.BurstSize) = (60, 5));
        for (int n = 0; n < 4; n++)
        {
            Take(limiter);
        }

        long began = _time.GetTimestamp();
        RateReservation last = Take(limiter);
        _time.Advance(3);

        limiter.Learn([Requests(60, 0, Minute)], began, last);

        Assert.Equal(3, limiter.Remaining);
    }

    [Fact]
    public void A_debt_is_of_one_burst_at_most()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerMinute, options.BurstSize) = (60, 5));
        long began = _time.GetTimestamp();
        RateReservation first = Take(limiter);
        for (int second = 0; second < 30; second++)
        {
            Take(limiter);
            _time.Advance(1);
        }

        // As if nothing had flowed in: an attempt that began 30 requests ago, by a clock that says now.
        limiter.Learn([Requests(null, 0, Minute)], _time.GetTimestamp(), first);

        Assert.Equal(TimeSpan.FromSeconds(6), limiter.TimeUntil());
        Assert.True(began < _time.GetTimestamp());
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public void A_faster_limit_than_the_configured_one_changes_nothing_and_a_slower_one_counts()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerMinute, options.BurstSize, options.TokensPerMinute) = (60, 20, 1000));
        RateReservation first = Take(limiter);

        limiter.Learn([Requests(6000, 5999, Minute), Tokens(50_000, 50_000, Minute)], _time.GetTimestamp(), first);
        Assert.Equal((19L, 1000L), (limiter.Remaining, limiter.TokensRemaining));

        limiter.Learn([Requests(6, 6, Minute), Tokens(500, 500, Minute)], _time.GetTimestamp(), first);
        Assert.Equal((6L, 500L), (limiter.Remaining, limiter.TokensRemaining));
        for (int n = 0; n < 6; n++)
        {
            Take(limiter);
        }

        Assert.Equal(TimeSpan.FromSeconds(10), limiter.TimeUntil());
        limiter.Learn([Requests(6000, 5999, Minute), Tokens(50_000, 50_000, Minute)], _time.GetTimestamp(), first);
        Assert.Equal(TimeSpan.FromSeconds(1), limiter.TimeUntil());
    }

    [Fact]
    public void A_learned_limit_is_corrected_by_later_answers_up_and_down()
    {
        RateLimiter limiter = Create();
        limiter.Learn([Tokens(1000, 1000, Minute)], _time.GetTimestamp(), Take(limiter));

        limiter.Learn([Tokens(200, 200, Minute)], _time.GetTimestamp(), Take(limiter));
        Assert.Equal(200, limiter.TokensRemaining);
        limiter.Learn([Tokens(2000, 2000, Minute)], _time.GetTimestamp(), Take(limiter));
        Assert.Equal(200, limiter.TokensRemaining);
        _time.Advance(60);

        Assert.Equal(2000, limiter.TokensRemaining);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public void Late_news_are_ignored_by_the_order_in_which_attempts_began()
    {
        RateLimiter limiter = Create();
        long earlier = _time.GetTimestamp();
        RateReservation first = Take(limiter);
        _time.Advance(1);
        long later = _time.GetTimestamp();
        RateReservation second = Take(limiter);

        limiter.Learn([Requests(600, 9, Minute)], later, second);
        limiter.Learn([Requests(60, 1, Minute), Tokens(1000, 700, Minute)], earlier, first);

        // About tokens nobody had said anything later.
        Assert.Equal((9L, 700L), (limiter.Remaining, limiter.TokensRemaining));
        limiter.Learn([Requests(60, 1, Minute)], later, second);
        Assert.Equal(1, limiter.Remaining);
    }

    [Fact]
    public void Attempts_that_began_before_anything_was_counted_are_taken_for_unseen()
    {
        CapacityState state = new();
        RateLimiter limiter = new(options: null, _time, state);
        Backpressure inFlight = new(new BackpressureOptions { MaxInflight = 0 }, state);
        RateReservation first = default;
        for (int n = 0; n < 4; n++)
        {
            Assert.True(inFlight.TryEnter());
            first = Take(limiter, cost: 50);
        }

        limiter.Learn([Requests(600, 8, Minute), Tokens(1000, 400, Minute)], _time.GetTimestamp(), first);

        Assert.Equal((5L, 250L), (limiter.Remaining, limiter.TokensRemaining));
    }

    [Fact]
    public void What_was_taken_before_a_limit_was_learned_is_not_given_back_to_it()
    {
        RateLimiter limiter = Create();
        RateReservation before = Take(limiter, cost: 500);
        limiter.Learn([Requests(600, 3, Minute), Tokens(1000, 300, Minute)], _time.GetTimestamp(), before);

        limiter.Settle(before, 10);
        limiter.Refund(before);

        Assert.Equal((3L, 300L), (limiter.Remaining, limiter.TokensRemaining));
    }

    [Fact]
    [Trait("Fault", "P17")]
    public void A_learned_limit_refuses_nothing_what_is_larger_takes_all_of_it()
    {
        RateLimiter limiter = Create();
        limiter.Learn([Tokens(100, null, Minute)], _time.GetTimestamp(), Take(limiter));

        Assert.Equal(((long?)null, true), (limiter.LargestCost, limiter.Fits(150)));
        RateReservation large = Take(limiter, cost: 150);
        Assert.Equal((100L, 0L), (large.Cost, limiter.TokensRemaining));
        limiter.Settle(large, 150);

        Assert.Equal(TimeSpan.FromSeconds(90), limiter.TimeUntil(150));
    }

    [Theory]
    [InlineData(0L, 60.0)]
    [InlineData(long.MaxValue, 60.0)]
    [InlineData(100_000_000_001L, 60.0)]
    [InlineData(10L, 0.0)]
    [InlineData(10L, 0.0001)]
    [InlineData(10L, 60.1)]
    [InlineData(10L, 3_600.0)]
    [InlineData(10L, 86_400.1)]
    [InlineData(100_000_000_001L, 86_400.0)]
    [InlineData(10L, null)]
    public void A_limit_that_is_nonsense_or_has_no_window_of_up_to_a_minute_or_of_a_day_is_not_learned(long limit, double? seconds)
    {
        RateLimiter limiter = Create();
        TimeSpan? window = seconds is { } some ? TimeSpan.FromSeconds(some) : null;

        limiter.Learn([Requests(limit, 1, window), Tokens(limit, 1, window)], _time.GetTimestamp(), Take(limiter));

        Assert.False(limiter.IsLimited);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3600.0)]
    [InlineData(86_400.0)]
    public void What_remains_in_any_window_bounds_what_may_go_now(double? seconds)
    {
        RateLimiter limiter = Create(options => (options.RequestsPerMinute, options.BurstSize, options.TokensPerMinute) = (60, 20, 1000));
        TimeSpan? window = seconds is { } some ? TimeSpan.FromSeconds(some) : null;

        limiter.Learn([Requests(1000, 2, window), Tokens(100_000, 50, window)], _time.GetTimestamp(), Take(limiter));

        Assert.Equal((2L, 50L), (limiter.Remaining, limiter.TokensRemaining));
    }

    [Fact]
    public void Extremes_overflow_nothing()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerSecond, options.BurstSize, options.TokensPerMinute) = (0.001, 1_000_000_000, 100_000_000_000));
        RateReservation first = Take(limiter);

        limiter.Learn([Requests(1, long.MaxValue, Minute), Tokens(100_000_000_000, long.MaxValue, TimeSpan.FromMilliseconds(1))], long.MinValue, first);
        limiter.Learn([Requests(1, long.MaxValue, Minute), Tokens(1, 0, Minute)], long.MaxValue, default);

        Assert.Equal((1L, 0L), (limiter.Remaining, limiter.TokensRemaining));
        Assert.InRange(limiter.TimeUntil(), TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void The_time_until_all_is_there_again_is_not_a_wait()
    {
        RateLimiter limiter = Create(options => options.RequestsPerSecond = 1);

        limiter.Learn([new QuotaReading(QuotaDimension.Requests, Minute, 60, 60, TimeSpan.FromHours(5))], _time.GetTimestamp(), Take(limiter));

        Assert.Equal(TimeSpan.FromSeconds(1), limiter.TimeUntil());
    }

    [Fact]
    public void Input_and_output_tokens_are_no_tokens_of_this_limiter()
    {
        RateLimiter limiter = Create(options => options.TokensPerMinute = 1000);

        limiter.Learn(
            [new(QuotaDimension.InputTokens, Minute, 10, 1, FullIn: null), new(QuotaDimension.OutputTokens, Minute, 10, 1, FullIn: null)],
            _time.GetTimestamp(),
            Take(limiter));

        Assert.Equal(1000, limiter.TokensRemaining);
    }

    [Fact]
    public void Who_does_not_want_to_learn_learns_nothing()
    {
        RateLimiter limiter = Create(options => (options.RequestsPerMinute, options.BurstSize, options.LearnsFromAnswers) = (60, 20, false));

        limiter.Learn([Requests(6, 1, Minute), Tokens(10, 1, Minute)], _time.GetTimestamp(), Take(limiter));

        Assert.Equal((19L, (long?)null), (limiter.Remaining, limiter.TokensRemaining));
    }

    [Theory]
    [InlineData(60, 10.0, 20)]
    [InlineData(600, 0.3, 50)]
    [InlineData(30, 30.0, 40)]
    [Trait("Invariant", "I7")]
    public void A_learned_limit_is_used_in_full_and_not_exceeded(int perMinute, double latency, int concurrency)
    {
        // A provider with a bucket of a minute's worth, saturated by one pipeline that knows nothing of it; time goes in steps of 10 ms.
        const long Step = 10;
        long unit = 60_000;
        long bucket = perMinute * unit;
        RateLimiter limiter = Create();
        PriorityQueue<(RateReservation Reservation, long Began, long? Remaining), long> inFlight = new();
        int answered = 0;
        int rejected = 0;
        long warm = 120_000;
        long end = warm + 600_000;
        for (long now = 0; now < end; now += Step)
        {
            while (inFlight.TryPeek(out (RateReservation Reservation, long Began, long? Remaining) call, out long ends) && ends <= now)
            {
                inFlight.Dequeue();
                answered += now >= warm && call.Remaining is not null ? 1 : 0;
                rejected += now >= warm && call.Remaining is null ? 1 : 0;
                limiter.Learn([Requests(perMinute, call.Remaining ?? 0, Minute)], call.Began, call.Reservation);
            }

            while (inFlight.Count < concurrency && limiter.TryReserve(0, out RateReservation reservation, out _))
            {
                bool passes = bucket >= unit;
                bucket -= passes ? unit : 0;
                inFlight.Enqueue((reservation, _time.GetTimestamp(), passes ? bucket / unit : null), now + (long)(latency * 1000));
            }

            _time.Advance(TimeSpan.FromMilliseconds(Step));
            bucket = Math.Min(perMinute * unit, bucket + (perMinute * Step));
        }

        Assert.Equal(0, rejected);
        Assert.InRange(answered, 0.98 * perMinute * 10, (1.02 * perMinute * 10) + 1);
    }
}
