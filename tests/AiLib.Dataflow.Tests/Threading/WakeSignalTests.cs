using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Threading;

public sealed class WakeSignalTests
{
    [Fact]
    public void A_pulse_before_the_wait_is_not_lost_and_many_are_one()
    {
        WakeSignal signal = new();
        signal.Pulse();
        signal.Pulse();

        Assert.True(signal.WaitAsync().AsTask().IsCompletedSuccessfully);
        Assert.False(signal.WaitAsync().AsTask().IsCompleted);
    }

    [Fact]
    public async Task A_pulse_ends_a_wait()
    {
        WakeSignal signal = new();
        Task wait = signal.WaitAsync().AsTask();
        Assert.False(wait.IsCompleted);

        signal.Pulse();

        await wait.WithinPatienceAsync("the wake-up");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [Trait("Invariant", "I14")]
    public async Task Under_real_threads_no_wake_up_is_lost(int producers)
    {
        const int Each = 100_000;
        WakeSignal signal = new();
        long produced = 0;
        long seen = 0;
        Task consumer = Task.Run(async () =>
        {
            while (seen < (long)Each * producers)
            {
                seen = Volatile.Read(ref produced);
                if (seen < (long)Each * producers)
                {
                    await signal.WaitAsync();
                }
            }
        });

        Task[] all = [.. Enumerable.Range(0, producers).Select(producer => Task.Run(() =>
        {
            Random random = new(producer);
            for (int n = 0; n < Each; n++)
            {
                Interlocked.Increment(ref produced);
                signal.Pulse();
                if (random.Next(64) == 0)
                {
                    Thread.Yield();
                }
            }
        }))];
        await Task.WhenAll(all);

        await consumer.WithinPatienceAsync("the last wake-up", () => (Volatile.Read(ref seen), Volatile.Read(ref produced)));
    }

    [Fact]
    public async Task Each_of_a_hundred_thousand_single_pulses_is_seen()
    {
        WakeSignal there = new();
        WakeSignal back = new();
        Task other = Task.Run(async () =>
        {
            for (int n = 0; n < 100_000; n++)
            {
                await there.WaitAsync();
                back.Pulse();
            }
        });

        Task self = Task.Run(async () =>
        {
            for (int n = 0; n < 100_000; n++)
            {
                there.Pulse();
                await back.WaitAsync();
            }
        });

        await Task.WhenAll(self, other).WithinPatienceAsync("the last rally");
    }
}
