using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class LatencyDistributionTests
{
    private const long Longest = 10_000_000_000;

    private static readonly Clock Ticks = new(TimeProvider.System);

    [Fact]
    public void The_difference_of_two_is_what_was_counted_between_them()
    {
        Random random = new(7);
        for (int round = 0; round < 200; round++)
        {
            long[] before = Some(random);
            long[] between = Some(random);

            LatencyDistribution earlier = Of(before);
            LatencyDistribution later = Of([.. before, .. between]);

            Assert.Equal(Of(between).Quantiles, later.Since(earlier).Quantiles);
            Assert.Equal(later.Quantiles, earlier.Plus(Of(between)).Quantiles);
            Assert.Equal(between.Length, later.Since(earlier).Count);
        }
    }

    [Fact]
    public void Nothing_is_nothing()
    {
        LatencyDistribution some = Of([5, 1_000_000]);

        Assert.Equal(default, Of([]).Quantiles);
        Assert.Equal(default, some.Since(some).Quantiles);
        Assert.Equal(some.Quantiles, some.Since(null).Plus(null).Plus(Of([])).Quantiles);
    }

    // Long ones among short ones, and the longest always: which one that was since an earlier reading, nobody keeps.
    private static long[] Some(Random random) => [Longest, .. Enumerable.Range(0, random.Next(40)).Select(_ => (long)(Longest * Math.Pow(10, -10 * random.NextDouble())))];

    private static LatencyDistribution Of(long[] units)
    {
        CounterTable table = new(LatencyHistogram.Columns);
        LatencyHistogram histogram = new(table, 0, Ticks);
        foreach (long duration in units)
        {
            histogram.Record(duration, table.Of(ThisThread.Get()));
        }

        return histogram.Take();
    }
}
