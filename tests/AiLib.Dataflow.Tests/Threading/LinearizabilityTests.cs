using System.Globalization;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Recovery;
using AiLib.Dataflow.Threading;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace AiLib.Dataflow.Tests.Threading;

/// <summary>T-20: whatever two threads do to it at once, it looks as if they had done it one after the other. Each has a racy twin that the same test finds.</summary>
public sealed class LinearizabilityTests
{
    // An iteration costs about 10 ms on two cores, most of it waiting for a thread to begin. The gate takes few; a nightly run asks for more.
    private static readonly int Iterations =
        int.TryParse(Environment.GetEnvironmentVariable("AILIB_TEST_PARALLEL_ITERATIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : 500;

    // Two threads race only while both have a processor, which on a busy machine takes luck: a race is found if any of a few samples finds it.
    private static void AssertFound(Action test)
    {
        const int Samples = 8;
        for (int sample = 1; sample < Samples; sample++)
        {
            if (Record.Exception(test) is not null)
            {
                return;
            }
        }

        Assert.ThrowsAny<Exception>(test);
    }

    [Fact]
    public void Counter_is_linearizable() =>
        Gen.Const(() => new Counter()).SampleParallel(
            Gen.Int[1, 5].Operation<Counter>(amount => $"Add({amount})", (counter, amount) => counter.Add(amount)),
            Gen.Operation<Counter>("Increment()", counter => counter.Increment()),
            equal: (left, right) => left.Value == right.Value, maxSequentialOperations: 4, maxParallelOperations: 2, iter: Iterations, threads: 2);

    [Fact]
    public void A_counter_without_interlocked_additions_is_found() => AssertFound(() =>
        Gen.Const(() => new RacyCounter()).SampleParallel(
            Gen.Int[1, 5].Operation<RacyCounter>(amount => $"Add({amount})", (counter, amount) => counter.Add(amount)),
            equal: (left, right) => left.Value == right.Value, maxParallelOperations: 2, iter: Iterations, threads: 1));

    [Fact]
    public void Permits_are_linearizable() =>
        Gen.Const(() => new Backpressure(20)).Select(limiter => Enter(limiter, 15)).SampleParallel(
            Gen.Operation<Backpressure>("TryEnter()", limiter => limiter.TryEnter()),
            Gen.Operation<Backpressure>("Leave()", limiter => limiter.Leave(PermitEnd.Dropped)),
            Gen.Int[14, 20].Operation<Backpressure>(limit => $"MaxInflight = {limit}", (limiter, limit) => limiter.MaxInflight = limit),
            equal: (left, right) => left.InFlight == right.InFlight && left.MaxInflight == right.MaxInflight, maxSequentialOperations: 4, maxParallelOperations: 2, iter: Iterations, threads: 2);

    [Fact]
    public void A_limiter_that_looks_before_it_takes_is_found() => AssertFound(() =>
        Gen.Const(() => new RacyLimiter()).SampleParallel(
            Gen.Operation<RacyLimiter>("TryEnter()", limiter => limiter.TryEnter()),
            equal: (left, right) => left.InFlight == right.InFlight, maxParallelOperations: 2, iter: Iterations, threads: 1));

    [Fact]
    public void Credits_are_linearizable() =>
        Gen.Const(() => new RateLimiter(new RateLimiterOptions { RequestsPerSecond = 1, BurstSize = 4, TokensPerMinute = 100 }, new FakeTimeProvider())).SampleParallel(
            Gen.Int[0, 60].Operation<RateLimiter>(cost => $"TryReserve({cost})", (limiter, cost) => limiter.TryReserve(cost, out _, out _)),
            Gen.Int[0, 20].Operation<RateLimiter>(cost => $"Settle({cost})", (limiter, cost) => limiter.Settle(new RateReservation(10), cost)),
            Gen.Operation<RateLimiter>("Refund()", limiter => limiter.Refund(new RateReservation(10))),
            Gen.Operation<RateLimiter>("Remaining", limiter => _ = limiter.Remaining),
            Gen.Int[0, 60].Operation<RateLimiter>(left => $"Learn({left})", (limiter, left) => limiter.Learn([TokensLeft(left)], startedAt: left, default)),
            Gen.Int[1, 80].Operation<RateLimiter>(
                burst => $"UpdateLimits({burst})",
                (limiter, burst) => limiter.UpdateLimits(new RateLimiterOptions { RequestsPerSecond = burst, BurstSize = 4, TokensPerMinute = burst })),
            equal: (left, right) => left.Remaining == right.Remaining && left.TokensRemaining == right.TokensRemaining, maxSequentialOperations: 4, maxParallelOperations: 2, iter: Iterations, threads: 2);

    private static QuotaReading TokensLeft(int left) => new(QuotaDimension.Tokens, Window: null, Limit: null, left, FullIn: null);

    [Fact]
    public void Credits_without_a_lock_are_found() => AssertFound(() =>
        Gen.Const(() => new RacyCredits()).SampleParallel(
            Gen.Operation<RacyCredits>("TryTake()", credits => credits.TryTake()),
            equal: (left, right) => left.Taken == right.Taken && left.Level == right.Level, maxParallelOperations: 2, iter: Iterations, threads: 1));

    [Fact]
    public void The_breaker_is_linearizable() =>
        Gen.Const(() => new CircuitBreaker(new CircuitBreakerOptions { FailureThreshold = 3 }, new FakeTimeProvider())).SampleParallel(
            Gen.Enum<TargetHealth>().Operation<CircuitBreaker>(health => $"Call({health})", (breaker, health) =>
            {
                if (breaker.TryEnter(out CircuitPass pass, out _))
                {
                    breaker.Report(pass, health);
                }
            }),
            Gen.Operation<CircuitBreaker>("TryEnter()", breaker => breaker.TryEnter(out _, out _)),
            Gen.Int[1, 60].Operation<CircuitBreaker>(seconds => $"Trip({seconds})", (breaker, seconds) => breaker.Trip(TimeSpan.FromSeconds(seconds))),
            equal: SameState, maxSequentialOperations: 4, maxParallelOperations: 2, iter: Iterations, threads: 2);

    [Fact]
    public void The_delay_heap_is_linearizable() =>
        Gen.Const(CreateQueue).SampleParallel(
            Gen.Int[0, 9].Operation<RetryQueue<string>>(n => $"Add({n})", (queue, n) => queue.Add(Names[n], n)),
            Gen.Int[0, 9].Operation<RetryQueue<string>>(n => $"TryRemove({n})", (queue, n) => queue.TryRemove(Names[n], out _)),
            equal: (left, right) => left.Count == right.Count, maxSequentialOperations: 4, maxParallelOperations: 2, iter: Iterations, threads: 2);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void The_pool_is_linearizable(int magazines) =>
        Gen.Const(() => new WaitablePool<string>(Names.Length, new Queue<string>(Names).Dequeue, magazines)).Select(TakeHalf).SampleParallel(
            Gen.Operation<WaitablePool<string>>("TryTake()", pool => pool.TryTake(out _)),
            Gen.Operation<WaitablePool<string>>("Return()", pool => pool.Return("again")),
            Gen.Operation<WaitablePool<string>>("Close()", pool => pool.Close()),
            equal: (left, right) => left.Free == right.Free && left.IsClosed == right.IsClosed, maxSequentialOperations: 4, maxParallelOperations: 2, iter: Iterations, threads: 2);

    private static readonly string[] Names = [.. Enumerable.Range(0, 16).Select(n => $"{n}")];

    private static RetryQueue<string> CreateQueue() => new(new Clock(new FakeTimeProvider()), _ => { });

    private static Backpressure Enter(Backpressure limiter, int count)
    {
        for (int n = 0; n < count; n++)
        {
            limiter.TryEnter();
        }

        return limiter;
    }

    private static WaitablePool<string> TakeHalf(WaitablePool<string> pool)
    {
        for (int n = 0; n < Names.Length / 2; n++)
        {
            pool.TryTake(out _);
        }

        return pool;
    }

    private static bool SameState(CircuitBreaker left, CircuitBreaker right) =>
        left.State == right.State && left.OpenFor == right.OpenFor && left.Counts.Total == right.Counts.Total;

    private sealed class RacyCounter
    {
        public long Value { get; private set; }

        public void Add(long amount)
        {
            long before = Value;
            Thread.SpinWait(500);
            Value = before + amount;
        }
    }

    private sealed class RacyLimiter
    {
        private int _inFlight;

        public int InFlight => _inFlight;

        public void TryEnter()
        {
            if (Volatile.Read(ref _inFlight) < 2)
            {
                Thread.SpinWait(500);
                Interlocked.Increment(ref _inFlight);
            }
        }
    }

    private sealed class RacyCredits
    {
        private static readonly CreditRate Rate = new(1, TimeSpan.TicksPerSecond, burst: 3);

        private Int128 _level = Rate.Full;
        private int _taken;

        public int Taken => _taken;

        public long Level => Rate.Available(_level);

        public void TryTake()
        {
            Int128 left = Rate.Take(_level, 1);
            if (left >= 0)
            {
                Thread.SpinWait(500);
                _level = left;
                Interlocked.Increment(ref _taken);
            }
        }
    }
}
