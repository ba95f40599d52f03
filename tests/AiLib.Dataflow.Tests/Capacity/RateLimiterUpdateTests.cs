using AiLib.Dataflow.Capacity;
using CsCheck;

namespace AiLib.Dataflow.Tests.Capacity;

public sealed class RateLimiterUpdateTests
{
    private readonly TestTime _time = new();

    private RateLimiter Create(long? perMinute = null, long? burst = null, long? tokens = null) => new(Options(perMinute, burst, tokens), _time);

    private static RateLimiterOptions Options(long? perMinute = null, long? burst = null, long? tokens = null, long? tokenBurst = null) =>
        new() { RequestsPerMinute = perMinute, BurstSize = burst, TokensPerMinute = tokens, TokenBurst = tokenBurst };

    [Theory]
    [InlineData(5, 50, 5)]
    [InlineData(5, 7, 5)]
    [InlineData(5, 3, 3)]
    [InlineData(5, 1, 1)]
    public void Credits_are_carried_over_as_they_are_and_cut_to_the_new_burst(int left, int burst, int expected)
    {
        RateLimiter limiter = Create(perMinute: 60, burst: 10);
        for (int n = 0; n < 10 - left; n++)
        {
            Assert.True(limiter.TryReserve(0, out _, out _));
        }

        limiter.UpdateLimits(Options(perMinute: 77, burst));

        Assert.Equal(expected, limiter.Remaining);
    }

    [Fact]
    public void The_new_rate_counts_from_the_change_on()
    {
        RateLimiter limiter = Create(perMinute: 60, burst: 1);
        Assert.True(limiter.TryReserve(0, out _, out _));
        _time.Advance(0.5);

        limiter.UpdateLimits(Options(perMinute: 6, burst: 1));

        Assert.Equal(TimeSpan.FromSeconds(5), limiter.TimeUntil());
    }

    [Fact]
    public void A_debt_is_carried_over()
    {
        RateLimiter limiter = Create(tokens: 100);
        Assert.True(limiter.TryReserve(100, out RateReservation reservation, out _));
        limiter.Settle(reservation, 150);

        limiter.UpdateLimits(Options(tokens: 50));

        Assert.Equal(TimeSpan.FromSeconds(60), limiter.TimeUntil());
    }

    [Fact]
    public void To_none_everything_passes_and_from_none_the_bucket_is_full()
    {
        RateLimiter limiter = Create(perMinute: 60, burst: 2, tokens: 100);
        Assert.True(limiter.TryReserve(100, out RateReservation first, out _));

        limiter.UpdateLimits(Options());
        Assert.False(limiter.IsLimited);
        Assert.True(limiter.TryReserve(1_000_000, out RateReservation unlimited, out _));
        limiter.UpdateLimits(Options(perMinute: 60, burst: 2, tokens: 100));

        Assert.Equal((2L, 100L), (limiter.Remaining, limiter.TokensRemaining));
        Assert.True(limiter.TryReserve(60, out _, out _));

        // Neither was taken from the buckets that are there now.
        limiter.Settle(first, 0);
        limiter.Refund(unlimited);
        Assert.Equal((1L, 40L), (limiter.Remaining, limiter.TokensRemaining));
    }

    [Fact]
    public void What_is_wrong_changes_nothing()
    {
        RateLimiter limiter = Create(perMinute: 60, burst: 2);

        Assert.Throws<ConfigurationException>(() => limiter.UpdateLimits(Options(perMinute: 0)));
        Assert.Throws<ArgumentNullException>(() => limiter.UpdateLimits(null!));

        Assert.Equal(2, limiter.Remaining);
    }

    [Fact]
    public void Changing_the_options_afterwards_changes_nothing()
    {
        RateLimiter limiter = Create();
        RateLimiterOptions options = Options(perMinute: 60, burst: 2);
        limiter.UpdateLimits(options);

        options.RequestsPerMinute = 600;
        limiter.Learn([new(QuotaDimension.Tokens, TimeSpan.FromMinutes(1), 100, null, FullIn: null)], _time.GetTimestamp(), default);

        Assert.True(limiter.TryReserve(0, out _, out _));
        Assert.True(limiter.TryReserve(0, out _, out _));
        Assert.Equal(TimeSpan.FromSeconds(1), limiter.TimeUntil());
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public void What_was_learned_still_tightens_the_new_limits()
    {
        RateLimiter limiter = Create();
        limiter.Learn([new(QuotaDimension.Requests, TimeSpan.FromMinutes(1), 30, 30, FullIn: null)], _time.GetTimestamp(), default);

        limiter.UpdateLimits(Options(perMinute: 600, burst: 1));
        Assert.True(limiter.TryReserve(0, out _, out _));

        Assert.Equal(TimeSpan.FromSeconds(2), limiter.TimeUntil());
    }

    [Fact]
    [Trait("Invariant", "I14")]
    public async Task Whoever_waits_asks_again_when_the_limits_change()
    {
        RateLimiter limiter = Create(perMinute: 1, burst: 1, tokens: 100);
        Assert.True(limiter.TryReserve(0, out _, out _));
        Task first = limiter.AcquireAsync(50).AsTask();
        Task second = limiter.AcquireAsync(90).AsTask();
        await _time.UntilArmedWithinAsync(TimeSpan.FromSeconds(60));

        limiter.UpdateLimits(Options(perMinute: 60, burst: 5, tokens: 100));
        await _time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));
        _time.Advance(1);
        await first.WithinPatienceAsync("the one who waited for the old limit");
        await _time.UntilArmedWithinAsync(TimeSpan.FromSeconds(60));
        limiter.UpdateLimits(Options(perMinute: 60, burst: 5, tokens: 80));

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => second.WithinPatienceAsync("the one who does not fit any more"));
        Assert.Equal("never_fits", refused.Refusal.Check);
    }

    [Fact]
    [Trait("Invariant", "I6")]
    [Trait("Invariant", "I8")]
    public void Over_every_window_across_all_changes_no_more_start_than_the_rates_and_the_first_burst()
    {
        Gen<(int Kind, int Gap, int Rate, int Burst, int Cost)> step = Gen.Select(Gen.Int[0, 11], Gen.Int[0, 40_000_000], Gen.Int[1, 2_000], Gen.Int[1, 20], Gen.Int[0, 400]);
        step.Array[50, 250].Sample(
            steps =>
            {
                TestTime time = new();
                long origin = time.GetTimestamp();
                RateLimiterOptions options = Options(perMinute: 60, burst: 3, tokens: 1000, tokenBurst: 500);
                RateLimiter limiter = new(options, time);
                Ledger requests = new(60, 3);
                Ledger tokens = new(1000, 500);
                RateReservation seen = default;
                long began = 0;
                foreach ((int kind, int gap, int rate, int burst, int cost) in steps)
                {
                    long now = time.GetTimestamp() - origin;
                    switch (kind)
                    {
                        case 0:
                            limiter.UpdateLimits(Options(rate, burst, rate * 10L, burst * 50L));
                            requests.Change(now, rate, burst);
                            tokens.Change(now, rate * 10L, burst * 50L);
                            break;
                        case 1 when gap % 4 == 0:
                            limiter.UpdateLimits(Options());
                            requests.Change(now, rate: null, burst: 0);
                            tokens.Change(now, rate: null, burst: 0);
                            break;
                        case 2:
                            limiter.Learn(
                                [
                                    new(QuotaDimension.Requests, TimeSpan.FromMinutes(1), rate, burst, FullIn: null),
                                    new(QuotaDimension.Tokens, TimeSpan.FromMinutes(1), rate * 10L, cost, FullIn: null),
                                ],
                                began,
                                seen);
                            break;
                        case 3:
                            time.Advance(TimeSpan.FromTicks(gap));
                            break;
                        default:
                            if (limiter.TryReserve(cost, out RateReservation reservation, out TimeSpan wait))
                            {
                                requests.Start(now, 1);
                                tokens.Start(now, reservation.Cost);
                                (seen, began) = gap % 5 == 0 ? (reservation, time.GetTimestamp()) : (seen, began);
                                if (gap % 7 == 0)
                                {
                                    limiter.Settle(reservation, cost + 10);
                                }
                            }
                            else if (wait < TimeSpan.FromDays(1) && gap % 2 == 0)
                            {
                                time.Advance(wait);
                                Assert.True(limiter.TryReserve(cost, out reservation, out _), "A wait that was named is long enough.");
                                requests.Start(time.GetTimestamp() - origin, 1);
                                tokens.Start(time.GetTimestamp() - origin, reservation.Cost);
                            }

                            break;
                    }
                }

                requests.Check();
                tokens.Check();
            },
            iter: 1000);
    }

    /// <summary>What a rate that changes allows over every window, in whole numbers: one credit is a minute's worth of ticks.</summary>
    private sealed class Ledger(long? rate, long burst)
    {
        private readonly List<(Int128 Brought, long Credits, long Burst)> _starts = [];
        private long? _rate = rate;
        private long _burst = burst;
        private Int128 _brought;
        private long _at;

        public void Change(long now, long? rate, long burst)
        {
            Move(now);
            if (rate is null || _rate is null)
            {
                // Without a limit there is nothing to be kept; a new one begins anew.
                Check();
                _starts.Clear();
            }

            _rate = rate;
            _burst = burst;
        }

        public void Start(long now, long credits)
        {
            Move(now);
            if (_rate is not null)
            {
                _starts.Add((_brought, credits, _burst));
            }
        }

        public void Check()
        {
            for (int first = 0; first < _starts.Count; first++)
            {
                Int128 taken = 0;
                for (int last = first; last < _starts.Count; last++)
                {
                    taken += _starts[last].Credits;
                    Int128 excess = (taken * 60 * TimeSpan.TicksPerSecond) - (_starts[last].Brought - _starts[first].Brought);
                    Assert.True(excess <= (Int128)_starts[first].Burst * 60 * TimeSpan.TicksPerSecond, $"{first} to {last}: {(double)excess / (60 * TimeSpan.TicksPerSecond)}");
                }
            }
        }

        private void Move(long now)
        {
            _brought += (Int128)(now - _at) * (_rate ?? 0);
            _at = now;
        }
    }
}
