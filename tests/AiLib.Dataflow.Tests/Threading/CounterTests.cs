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
}
