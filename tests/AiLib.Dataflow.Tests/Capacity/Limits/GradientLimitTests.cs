using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Tests.Capacity.Limits;

public sealed class GradientLimitTests
{
    private static void Answer(GradientLimit limit, int rounds, double latency)
    {
        for (int round = 0; round < rounds; round++)
        {
            int answers = Math.Max(10, limit.Current);
            for (int n = 0; n < answers; n++)
            {
                limit.Observe(new AttemptSample(TimeSpan.Zero, TimeSpan.FromSeconds(latency), limit.Current, PermitEnd.Succeeded));
            }
        }
    }

    [Fact]
    public void It_grows_while_latency_stays()
    {
        GradientLimit limit = new();

        Answer(limit, rounds: 10, latency: 1);

        Assert.InRange(limit.Current, 28, 40);
    }

    [Fact]
    public void It_shrinks_when_latency_is_far_above_what_it_was()
    {
        GradientLimit limit = new(new GradientLimitOptions { Initial = 200 });
        Answer(limit, rounds: 5, latency: 1);
        int before = limit.Current;

        Answer(limit, rounds: 5, latency: 3);

        Assert.True(limit.Current < before * 0.8, $"{before} to {limit.Current}");
    }

    [Fact]
    public void A_burst_is_one_cut()
    {
        GradientLimit limit = new(new GradientLimitOptions { Initial = 100 });

        for (int n = 0; n < 40; n++)
        {
            limit.Observe(new AttemptSample(TimeSpan.Zero, TimeSpan.FromSeconds(1), 100, PermitEnd.Dropped));
        }

        Assert.Equal(80, limit.Current);
    }
}
