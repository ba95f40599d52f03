using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Threading;

public sealed class JitterSourceTests
{
    [Fact]
    public void Numbers_are_at_least_zero_and_below_one_and_spread_evenly()
    {
        JitterSource source = new(5);
        int[] bins = new int[10];

        for (int n = 0; n < 100_000; n++)
        {
            double next = source.Next();
            Assert.InRange(next, 0, 0.9999999999999999);
            bins[(int)(next * 10)]++;
        }

        Assert.All(bins, bin => Assert.InRange(bin, 9_600, 10_400));
    }

    [Fact]
    public void The_same_seed_gives_the_same_numbers_and_another_seed_others()
    {
        static double[] First(ulong seed)
        {
            JitterSource source = new(seed);
            return [.. Enumerable.Range(0, 100).Select(_ => source.Next())];
        }

        Assert.Equal(First(1), First(1));
        Assert.Empty(First(1).Intersect(First(2)));
    }

    [Fact]
    public void The_extremes_of_the_seed_are_seeds()
    {
        Assert.InRange(new JitterSource(0).Next(), 0, 1);
        Assert.InRange(new JitterSource(ulong.MaxValue).Next(), 0, 1);
        Assert.NotEqual(JitterSource.Unpredictable().Next(), JitterSource.Unpredictable().Next());
    }

    [Fact]
    public async Task Threads_that_share_a_source_never_get_the_same_number()
    {
        JitterSource source = new(5);

        double[][] taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 10_000).Select(_ => source.Next()).ToArray())));

        Assert.Equal(40_000, taken.SelectMany(numbers => numbers).Distinct().Count());
    }
}
