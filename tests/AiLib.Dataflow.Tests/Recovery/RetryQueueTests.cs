using AiLib.Dataflow.Recovery;
using AiLib.Dataflow.Threading;
using CsCheck;

namespace AiLib.Dataflow.Tests.Recovery;

public sealed class RetryQueueTests : IDisposable
{
    private readonly TestTime _time = new();
    private readonly List<string> _released = [];
    private readonly Clock _clock;
    private readonly RetryQueue<string> _queue;

    public RetryQueueTests()
    {
        _clock = new Clock(_time);
        _queue = new RetryQueue<string>(_clock, _released.Add);
    }

    public void Dispose() => _queue.Dispose();

    private long In(double seconds) => _clock.After(_clock.Now, TimeSpan.FromSeconds(seconds));

    [Fact]
    public void Things_come_out_in_the_order_of_their_time_and_of_the_same_time_in_the_order_they_came()
    {
        _queue.Add("late", In(3));
        _queue.Add("first of two", In(2));
        _queue.Add("second of two", In(2));
        _queue.Add("early", In(1));

        _time.Advance(1);
        Assert.Equal(["early"], _released);
        _time.Advance(10);

        Assert.Equal(["early", "first of two", "second of two", "late"], _released);
    }

    [Fact]
    public void What_is_already_due_comes_with_the_next_tick_of_the_timer()
    {
        _queue.Add("past", _clock.Now - 5);
        Assert.Empty(_released);

        _time.Advance(0.001);

        Assert.Equal(["past"], _released);
    }

    [Fact]
    public void What_was_taken_out_does_not_come()
    {
        _queue.Add("stays", In(1));
        _queue.Add("goes", In(1));

        Assert.True(_queue.TryRemove("goes", out long due));
        Assert.Equal(In(1), due);
        Assert.False(_queue.TryRemove("goes", out _));
        _time.Advance(1);

        Assert.Equal(["stays"], _released);
        Assert.False(_queue.TryRemove("stays", out _));
    }

    [Fact]
    public void However_many_wait_there_is_one_timer()
    {
        for (int n = 0; n < 10_000; n++)
        {
            _queue.Add($"{n}", In(1 + (n % 7)));
        }

        Assert.Equal((1, 1, 10_000), (_time.Timers, _time.Armed, _queue.Count));
        _time.Advance(7);
        Assert.Equal((10_000, 0), (_released.Count, _queue.Count));
    }

    [Fact]
    public void A_wait_of_a_hundred_days_ends_on_time()
    {
        _queue.Add("old", In(100 * 86_400.0));

        for (int day = 1; day < 100; day++)
        {
            _time.Advance(86_400);
        }

        Assert.Empty(_released);
        _time.Advance(86_400);
        Assert.Equal(["old"], _released);
    }

    [Fact]
    public void Nothing_comes_early_and_nothing_comes_more_than_a_millisecond_late() =>
        Gen.Int[0, 5000].Array[1, 30].Sample(delays =>
        {
            TestTime time = new();
            Clock clock = new(time);
            List<(int Delay, TimeSpan At)> released = [];
            using RetryQueue<int[]> queue = new(clock, thing => released.Add((thing[0], time.Elapsed)));
            foreach (int delay in delays)
            {
                queue.Add([delay], clock.After(clock.Now, TimeSpan.FromMilliseconds(delay)));
            }

            for (int step = 0; step < 5001; step += 1)
            {
                time.Advance(TimeSpan.FromMilliseconds(1));
            }

            Assert.Equal(delays.Length, released.Count);
            Assert.Equal(delays.Order(), released.Select(item => item.Delay));
            Assert.All(released, item => Assert.InRange(item.At.TotalMilliseconds, item.Delay, item.Delay + 1));
        }, iter: 30, seed: "0000KoIPLgn4", threads: 1);
}
