using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Tests.Capacity;

public sealed class BackpressureTests
{
    private static async Task<Permit> Waiting(Backpressure limiter, CancellationToken cancellationToken = default)
    {
        return await limiter.AcquireAsync(cancellationToken);
    }

    [Fact]
    public void No_more_than_the_limit_are_in_flight()
    {
        Backpressure limiter = new(2);

        Assert.True(limiter.TryAcquire(out Permit? first));
        Assert.True(limiter.TryAcquire(out _));
        Assert.False(limiter.TryAcquire(out Permit? none));
        Assert.Null(none);
        first!.Dispose();

        Assert.True(limiter.HasRoom);
        Assert.Equal(1, limiter.InFlight);
    }

    [Fact]
    [Trait("Fault", "P34")]
    public void A_limit_of_zero_is_no_limit()
    {
        Backpressure limiter = new(0);

        for (int n = 0; n < 10_000; n++)
        {
            Assert.True(limiter.TryAcquire(out _));
        }

        Assert.True(limiter.HasRoom);
    }

    [Fact]
    [Trait("Fault", "P29")]
    public void A_permit_ends_once_whatever_is_called_on_it_how_often()
    {
        Backpressure limiter = new(2);
        limiter.TryAcquire(out Permit? one);
        limiter.TryAcquire(out _);

        one!.Dispose();
        one.End(PermitEnd.Dropped);
        one.Dispose();

        Assert.Equal((1, 0L), (limiter.InFlight, limiter.Dropped));
    }

    [Fact]
    public async Task Those_who_wait_are_served_in_their_order()
    {
        Backpressure limiter = new(1);
        limiter.TryAcquire(out Permit? held);
        Task<Permit>[] waits = [Waiting(limiter), Waiting(limiter), Waiting(limiter)];
        Assert.Equal(3, limiter.Waiting);

        foreach (Task<Permit> wait in waits)
        {
            Assert.DoesNotContain(waits.SkipWhile(other => other != wait), other => other.IsCompleted);
            held!.Dispose();
            held = await wait.WithinPatienceAsync("the next permit");
        }

        Assert.Equal(1, limiter.InFlight);
    }

    [Fact]
    public async Task A_limit_that_grows_lets_those_in_who_wait()
    {
        Backpressure limiter = new(1);
        limiter.TryAcquire(out _);
        Task<Permit>[] waits = [Waiting(limiter), Waiting(limiter), Waiting(limiter)];

        limiter.MaxInflight = 3;
        await Task.WhenAll(waits[0], waits[1]).WithinPatienceAsync("two permits");
        Assert.False(waits[2].IsCompleted);
        limiter.MaxInflight = 0;

        await waits[2].WithinPatienceAsync("the third permit");
        Assert.Equal(4, limiter.InFlight);
    }

    [Fact]
    [Trait("Invariant", "I4")]
    public async Task A_limit_that_shrinks_leaves_running_calls_alone_and_lets_none_start_above_it()
    {
        Backpressure limiter = new(3);
        Permit[] held = [.. Enumerable.Range(0, 3).Select(_ => limiter.TryAcquire(out Permit? permit) ? permit! : throw new InvalidOperationException())];

        limiter.MaxInflight = 1;
        Task<Permit> wait = Waiting(limiter);
        held[0].Dispose();
        held[1].Dispose();
        Assert.Equal((1, false), (limiter.InFlight, wait.IsCompleted));
        held[2].Dispose();

        (await wait.WithinPatienceAsync("the permit")).Dispose();
        Assert.Equal(0, limiter.InFlight);
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_the_line_and_takes_nothing()
    {
        Backpressure limiter = new(1);
        limiter.TryAcquire(out Permit? held);
        using CancellationTokenSource cancellation = new();
        Task<Permit> cancelled = Waiting(limiter, cancellation.Token);
        Task<Permit> next = Waiting(limiter);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        held!.Dispose();

        await next.WithinPatienceAsync("the next permit");
        await Patience.UntilAsync(() => limiter.Waiting == 0, "an empty line");
        Assert.Equal(1, limiter.InFlight);
    }

    [Fact]
    [Trait("Fault", "P28")]
    public async Task An_operations_own_time_out_is_not_an_error_of_the_wait()
    {
        Backpressure limiter = new(1);
        TimeoutException own = new();

        async Task Use()
        {
            using Permit permit = await limiter.AcquireAsync();
            throw own;
        }

        Assert.Same(own, await Assert.ThrowsAsync<TimeoutException>(Use));
        Assert.Equal((0, 0), (limiter.InFlight, limiter.Waiting));
    }

    [Fact]
    public void Only_a_dropped_end_is_counted_as_dropped()
    {
        Backpressure limiter = new(0);
        foreach (PermitEnd end in Enum.GetValues<PermitEnd>())
        {
            limiter.TryAcquire(out Permit? permit);
            permit!.End(end);
        }

        Assert.Equal(1, limiter.Dropped);
    }

    [Fact]
    public void A_negative_limit_is_an_error() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Backpressure(1) { MaxInflight = -1 });

    [Fact]
    public async Task Under_real_threads_nobody_exceeds_the_limit_and_nobody_is_forgotten()
    {
        Backpressure limiter = new(3);
        int running = 0;
        int most = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            Random random = new(worker);
            for (int n = 0; n < 2000; n++)
            {
                using CancellationTokenSource cancellation = new();
                if (random.Next(4) == 0)
                {
                    _ = Task.Run(cancellation.Cancel);
                }

                try
                {
                    using Permit permit = await limiter.AcquireAsync(cancellation.Token);
                    int now = Interlocked.Increment(ref running);
                    InterlockedMax(ref most, now);
                    if (random.Next(2) == 0)
                    {
                        await Task.Yield();
                    }

                    Interlocked.Decrement(ref running);
                }
                catch (OperationCanceledException)
                {
                }
            }
        }))).WithinPatienceAsync("16,000 permits", () => (limiter.InFlight, limiter.Waiting));

        Assert.InRange(most, 1, 3);
        Assert.Equal((0, 0), (limiter.InFlight, limiter.Waiting));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen)
        {
            int before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
