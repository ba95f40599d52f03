using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Threading;

public sealed class WaitablePoolTests
{
    // Without magazines, and with more of them than a small pool would have: a thing may then lie near another processor than the one that asks.
    public static TheoryData<int> Magazines => [0, 3];

    private static WaitablePool<string> Create(int magazines, params string[] things) =>
        new(things.Length, new Queue<string>(things).Dequeue, magazines);

    [Theory]
    [MemberData(nameof(Magazines))]
    public void What_was_used_last_is_given_first(int magazines)
    {
        WaitablePool<string> pool = Create(magazines, "a", "b");

        Assert.True(pool.TryTake(out string? first));
        Assert.True(pool.TryTake(out string? second));
        Assert.False(pool.TryTake(out string? none));
        pool.Return(first!);
        pool.Return(second!);
        Assert.True(pool.TryTake(out string? again));

        Assert.Equal(("a", "b", null, "b"), (first, second, none, again));
    }

    [Theory]
    [MemberData(nameof(Magazines))]
    public async Task Those_who_wait_are_served_in_their_order(int magazines)
    {
        WaitablePool<string> pool = Create(magazines, "a");
        pool.TryTake(out string? thing);
        Task<string?>[] waits = [.. Enumerable.Range(0, 5).Select(_ => pool.TakeAsync(CancellationToken.None).AsTask())];
        Assert.Equal(5, pool.Waiting);

        foreach (Task<string?> wait in waits)
        {
            pool.Return(thing!);
            Assert.Equal("a", await wait.WithinPatienceAsync("its turn"));
            Assert.All(waits.SkipWhile(other => other != wait).Skip(1), later => Assert.False(later.IsCompleted));
        }
    }

    [Theory]
    [MemberData(nameof(Magazines))]
    public async Task A_cancelled_wait_leaves_the_line_and_takes_nothing(int magazines)
    {
        WaitablePool<string> pool = Create(magazines, "a");
        pool.TryTake(out string? thing);
        using CancellationTokenSource cancellation = new();
        Task<string?> leaves = pool.TakeAsync(cancellation.Token).AsTask();
        Task<string?> stays = pool.TakeAsync(CancellationToken.None).AsTask();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves);
        Assert.Equal(1, pool.Waiting);
        pool.Return(thing!);

        Assert.Equal("a", await stays.WithinPatienceAsync("its turn"));
    }

    [Theory]
    [MemberData(nameof(Magazines))]
    public async Task Closing_sends_everyone_away_and_gives_nothing_any_more(int magazines)
    {
        WaitablePool<string> pool = Create(magazines, "a");
        pool.TryTake(out string? thing);
        Task<string?>[] waits = [pool.TakeAsync(CancellationToken.None).AsTask(), pool.TakeAsync(CancellationToken.None).AsTask()];

        pool.Close();

        Assert.All(await Task.WhenAll(waits).WithinPatienceAsync("everyone's release"), Assert.Null);
        pool.Return(thing!);
        Assert.False(pool.TryTake(out _));
        Assert.Null(await pool.TakeAsync(CancellationToken.None));
        Assert.Equal((1, true), (pool.Free, pool.IsClosed));
    }

    [Theory]
    [MemberData(nameof(Magazines))]
    public async Task Waking_all_sends_away_those_who_wait_now_and_nobody_twice(int magazines)
    {
        WaitablePool<string> pool = Create(magazines, "a");
        pool.TryTake(out _);
        int woken = 0;
        async Task WaitAgain()
        {
            while (await pool.TakeAsync(CancellationToken.None) is null)
            {
                Interlocked.Increment(ref woken);
            }
        }

        Task[] waits = [.. Enumerable.Range(0, 50).Select(_ => WaitAgain())];
        pool.WakeAll();
        await Patience.UntilAsync(() => Volatile.Read(ref woken) == 50 && pool.Waiting == 50, "everyone to come back");

        Assert.All(waits, wait => Assert.False(wait.IsCompleted));
        for (int n = 0; n < 50; n++)
        {
            pool.Return("a");
        }

        await Task.WhenAll(waits).WithinPatienceAsync("everyone");
        Assert.Equal(50, woken);
    }

    [Theory]
    [MemberData(nameof(Magazines))]
    public async Task Under_real_threads_and_cancellation_no_thing_is_lost_and_none_is_given_twice(int magazines)
    {
        string[] things = [.. Enumerable.Range(0, 3).Select(n => $"{n}")];
        WaitablePool<string> pool = Create(magazines, things);
        int[] users = new int[3];

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            Random random = new(worker);
            for (int n = 0; n < 3000; n++)
            {
                using CancellationTokenSource cancellation = new();
                if (random.Next(3) == 0)
                {
                    _ = Task.Run(cancellation.Cancel);
                }

                try
                {
                    string? thing = await pool.TakeAsync(cancellation.Token);
                    int index = thing![0] - '0';
                    Assert.Equal(1, Interlocked.Increment(ref users[index]));
                    Interlocked.Decrement(ref users[index]);
                    pool.Return(thing);
                }
                catch (OperationCanceledException)
                {
                }
            }
        }))).WithinPatienceAsync("24,000 turns", () => (pool.Free, pool.Waiting));

        Assert.Equal((3, 0), (pool.Free, pool.Waiting));
    }
}
