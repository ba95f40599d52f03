using AiLib.Dataflow.Tests.Load;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Threading;

/// <summary>Measures the memory of the process, so it runs alone.</summary>
[Collection(nameof(RealTime))]
public sealed class WaitQueueMemoryTests
{
    private readonly Lock _sync = new();
    private readonly WaitQueue<int> _queue;

    public WaitQueueMemoryTests() => _queue = new WaitQueue<int>(_sync);

    private WaitQueue<int>.Waiter Join()
    {
        lock (_sync)
        {
            return _queue.JoinLocked();
        }
    }

    [Fact]
    [Trait("Invariant", "I28")]
    public async Task A_hundred_thousand_cancelled_waits_leave_nothing_behind()
    {
        Task<int> stays = Join().WaitAsync(CancellationToken.None).AsTask();
        await CancelAsync(1000);
        long before = GC.GetTotalMemory(forceFullCollection: true);

        await CancelAsync(100_000);

        long growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(growth <= 1024 * 1024, $"{growth} bytes more");
        Assert.Equal(1, _queue.Count);
        WaitQueue<int>.Waiter? first;
        lock (_sync)
        {
            Assert.True(_queue.TryLeaveFirstLocked(out first));
        }

        first!.Hand(1);
        Assert.Equal(1, await stays);
    }

    private async Task CancelAsync(int count)
    {
        for (int n = 0; n < count; n++)
        {
            using CancellationTokenSource cancellation = new();
            ValueTask<int> wait = Join().WaitAsync(cancellation.Token);
            cancellation.Cancel();
            Task<int> task = wait.AsTask();
            await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Assert.True(task.IsCanceled);
        }
    }
}
