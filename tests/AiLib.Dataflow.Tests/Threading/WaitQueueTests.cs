using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Threading;

public sealed class WaitQueueTests
{
    private readonly Lock _sync = new();
    private readonly WaitQueue<int> _queue;

    public WaitQueueTests() => _queue = new WaitQueue<int>(_sync);

    private ValueTask<int> Join(CancellationToken cancellationToken = default)
    {
        WaitQueue<int>.Waiter waiter;
        lock (_sync)
        {
            waiter = _queue.JoinLocked();
        }

        return waiter.WaitAsync(cancellationToken);
    }

    private bool HandFirst(int item)
    {
        WaitQueue<int>.Waiter? first;
        lock (_sync)
        {
            if (!_queue.TryLeaveFirstLocked(out first))
            {
                return false;
            }
        }

        first!.Hand(item);
        return true;
    }

    [Fact]
    public async Task First_come_is_first_served_also_when_one_in_the_middle_left()
    {
        using CancellationTokenSource cancellation = new();
        Task<int>[] waits = [Join().AsTask(), Join(cancellation.Token).AsTask(), Join().AsTask(), Join().AsTask()];

        await cancellation.CancelAsync();
        for (int item = 0; item < 3; item++)
        {
            Assert.True(HandFirst(item));
        }

        Assert.False(HandFirst(99));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits[1]);
        Assert.Equal((0, 1, 2), (await waits[0], await waits[2], await waits[3]));
    }

    [Fact]
    public async Task A_token_that_is_cancelled_beforehand_ends_the_wait_at_once()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Join(new CancellationToken(canceled: true)));

        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task A_cancellation_that_comes_after_the_item_changes_nothing()
    {
        using CancellationTokenSource cancellation = new();
        ValueTask<int> wait = Join(cancellation.Token);

        HandFirst(7);
        await cancellation.CancelAsync();

        Assert.Equal(7, await wait);
    }

    [Fact]
    public async Task A_waiter_that_serves_again_starts_anew()
    {
        for (int n = 0; n < 1000; n++)
        {
            using CancellationTokenSource cancellation = new();
            ValueTask<int> wait = Join(cancellation.Token);
            if (n % 3 == 0)
            {
                await cancellation.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await wait);
            }
            else
            {
                HandFirst(n);
                Assert.Equal(n, await wait);
            }
        }

        Assert.Equal(0, _queue.Count);
    }
}
