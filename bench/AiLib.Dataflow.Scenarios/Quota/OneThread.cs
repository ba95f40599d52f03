using System.Collections.Concurrent;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>Real time on one thread: clients that are written for virtual time need no locks here either.</summary>
internal static class OneThread
{
    /// <summary>Runs something until it ends or the time is up; what is under way then is left.</summary>
    public static Task RunAsync(Func<Task> main, TimeSpan length) => Task.Factory.StartNew(
        () => Run(main, length), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Run(Func<Task> main, TimeSpan length)
    {
        // Not disposed of: what is left goes on posting for a while.
        BlockingCollection<(SendOrPostCallback Callback, object? State)> ready = [];
        SynchronizationContext.SetSynchronizationContext(new Context(ready));
        long began = TimeProvider.System.GetTimestamp();
        Task task = main();

        // A little longer than it shall take, so that those who end by themselves may.
        TimeSpan most = length + TimeSpan.FromSeconds(2);
        while (!task.IsCompleted && TimeProvider.System.GetElapsedTime(began) is var elapsed && elapsed < most)
        {
            if (ready.TryTake(out (SendOrPostCallback Callback, object? State) next, TimeSpan.FromMilliseconds(Math.Min(100, (most - elapsed).TotalMilliseconds))))
            {
                next.Callback(next.State);
            }
        }

        if (task.IsCompleted)
        {
            task.GetAwaiter().GetResult();
        }
    }

    private sealed class Context(BlockingCollection<(SendOrPostCallback Callback, object? State)> ready) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => ready.Add((d, state));

        public override SynchronizationContext CreateCopy() => this;
    }
}
