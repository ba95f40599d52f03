using AiLib.Dataflow.Simulator.Hashing;
using AiLib.Dataflow.Simulator.Limits;
using AiLib.Dataflow.Simulator.Timing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Limits;

/// <summary>What every kind of limiter promises.</summary>
public abstract class CreditLimiterTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SimulatorClock _clock;

    protected CreditLimiterTests()
    {
        _clock = new SimulatorClock(_time);
    }

    protected long Now => _clock.Now;

    private protected abstract CreditLimiter Create(long perMinute);

    /// <summary>The most credits that may be given out between two times, both included.</summary>
    private protected abstract long MostBetween(CreditLimiter limiter, long from, long to);

    protected void Advance(TimeSpan duration) => _time.Advance(duration);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(60)]
    [InlineData(90)]
    [InlineData(1000)]
    public void No_window_of_any_length_gives_out_more_than_it_may(long perMinute)
    {
        CreditLimiter limiter = Create(perMinute);
        var given = new List<(long At, long Credits)>();
        for (int step = 0; step < 1500; step++)
        {
            ulong random = StableHash.Combine(9, (ulong)step);
            Advance(TimeSpan.FromMilliseconds(random % 300));
            long credits = 1 + (long)(random % (ulong)Math.Max(1, perMinute / 60));
            if (limiter.TryTake(credits, Now))
            {
                given.Add((Now, credits));
            }
        }

        Assert.NotEmpty(given);
        for (int first = 0; first < given.Count; first++)
        {
            long sum = 0;
            for (int last = first; last < given.Count; last++)
            {
                sum += given[last].Credits;
                Assert.True(sum <= MostBetween(limiter, given[first].At, given[last].At));
            }
        }
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(60, 1)]
    [InlineData(90, 2)]
    [InlineData(1000, 17)]
    [InlineData(1000, 900)]
    public void The_wait_it_states_is_exact_to_the_tick(long perMinute, long credits)
    {
        CreditLimiter limiter = Create(perMinute);
        credits = Math.Min(credits, limiter.Largest);
        for (int taken = 0; taken < 20; taken++)
        {
            long wait = limiter.TicksUntil(credits, Now);
            if (wait > 0)
            {
                Advance(TimeSpan.FromTicks(wait - 1));
                Assert.False(limiter.TryTake(credits, Now));
                Advance(TimeSpan.FromTicks(1));
            }

            Assert.Equal(0, limiter.TicksUntil(credits, Now));
            Assert.True(limiter.TryTake(credits, Now));
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(60)]
    [InlineData(1000)]
    public void What_it_says_is_left_can_be_taken_and_not_one_more(long perMinute)
    {
        CreditLimiter limiter = Create(perMinute);
        Advance(TimeSpan.FromSeconds(1.7));

        // In the second where nothing is allowed there is nothing to take.
        long left = limiter.Remaining(Now);

        Assert.True(left == 0 || limiter.TryTake(left, Now));
        Assert.False(limiter.TryTake(1, Now));
        Assert.Equal(0, limiter.Remaining(Now));
    }

    [Fact]
    public void When_it_says_it_is_full_it_is()
    {
        CreditLimiter limiter = Create(600);
        long full = limiter.Remaining(Now);
        Assert.Equal(0, limiter.TicksUntilFull(Now));

        Assert.True(limiter.TryTake(full, Now));
        Advance(TimeSpan.FromTicks(limiter.TicksUntilFull(Now) - 1));
        Assert.NotEqual(full, limiter.Remaining(Now));
        Advance(TimeSpan.FromTicks(1));

        Assert.Equal(full, limiter.Remaining(Now));
    }

    [Fact]
    public void More_than_the_largest_never_fits()
    {
        CreditLimiter limiter = Create(600);

        Assert.False(limiter.TryTake(limiter.Largest + 1, Now));
        Assert.True(limiter.TryTake(limiter.Largest, Now));
    }

    [Fact]
    public void A_clock_that_runs_backwards_gives_nothing_away()
    {
        CreditLimiter limiter = Create(60);
        Advance(TimeSpan.FromSeconds(10));
        Assert.True(limiter.TryTake(limiter.Remaining(Now), Now));

        Assert.False(limiter.TryTake(1, Now - TimeSpan.TicksPerSecond));
        Assert.False(limiter.TryTake(1, Now));
    }

    [Fact]
    public void A_year_of_silence_and_the_largest_limit_do_not_overflow()
    {
        CreditLimiter limiter = Create(1_000_000_000);
        Assert.True(limiter.TryTake(limiter.Remaining(Now), Now));

        Advance(TimeSpan.FromDays(365));

        Assert.True(limiter.Remaining(Now) > 0);
        Assert.True(limiter.TryTake(limiter.Largest, Now));
        Assert.InRange(limiter.TicksUntil(1, Now), 1, TimeSpan.TicksPerMinute * 2);
    }
}
