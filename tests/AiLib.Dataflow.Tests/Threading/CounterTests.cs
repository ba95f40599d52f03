using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Threading;

public sealed class CounterTests
{
    [Fact]
    [Trait("Invariant", "I29")]
    public async Task What_many_threads_add_is_all_there_and_never_goes_back()
    {
        Counter counter = new();
        bool over = false;
        Task observer = Task.Run(() =>
        {
            long last = 0;
            while (!Volatile.Read(ref over))
            {
                long now = counter.Value;
                Assert.True(now >= last);
                last = now;
            }
        });

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int n = 0; n < 250_000; n++)
            {
                counter.Increment();
            }
        })));
        Volatile.Write(ref over, true);
        await observer;

        Assert.Equal(1_000_000, counter.Value);
    }

    [Fact]
    public void Amounts_add_up_also_below_zero()
    {
        Counter counter = new();

        counter.Add(5);
        counter.Add(-7);

        Assert.Equal(-2, counter.Value);
    }

    [Fact]
    [Trait("Invariant", "I29")]
    public async Task More_threads_than_numbers_lose_nothing()
    {
        const int Threads = ThreadNumber.Owned + 40;
        const int Each = 2_000;
        Counter counter = new();
        using Barrier all = new(Threads);
        int shared = 0;

        // All at once, so that the last ones find no number of their own.
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                Interlocked.Add(ref shared, ThreadNumber.Mine == ThreadNumber.Shared ? 1 : 0);
                all.SignalAndWait();
                for (int n = 0; n < Each; n++)
                {
                    counter.Increment();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.InRange(shared, 40, Threads);
        Assert.Equal(Threads * Each, counter.Value);
    }

    [Fact]
    public async Task A_thread_that_ends_gives_its_number_back()
    {
        // Far more threads one after the other than there are numbers: without giving back, the last ones would share.
        int last = ThreadNumber.Shared;
        for (int round = 0; round < 20 && last == ThreadNumber.Shared; round++)
        {
            for (int n = 0; n < 20; n++)
            {
                Thread thread = new(() => Volatile.Write(ref last, ThreadNumber.Mine));
                thread.Start();
                thread.Join();
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }

        Assert.InRange(last, 1, ThreadNumber.Owned);
    }

    [Fact]
    public void A_cell_of_a_time_slice_long_past_starts_again_at_one()
    {
        CounterTable table = new(columns: 2);
        CounterRow row = table.Of(ThisThread.Get());

        row.CountInSlice(1, slice: 7);
        row.CountInSlice(1, slice: 7);
        row.CountInSlice(1, slice: 17);

        Assert.Equal([(17L << 32) | 1], table.Column(1));
        Assert.Equal(0, table.Sum(0));
    }
}
