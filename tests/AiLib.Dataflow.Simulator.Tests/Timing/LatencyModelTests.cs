using AiLib.Dataflow.Simulator.Hashing;
using AiLib.Dataflow.Simulator.Timing;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Timing;

public sealed class LatencyModelTests
{
    private static readonly SimulatorOptions Options = new()
    {
        TimeToFirstToken = TimeSpan.FromMilliseconds(200),
        TimePerToken = TimeSpan.FromMilliseconds(10),
    };

    [Fact]
    public void Without_jitter_the_time_is_that_of_the_first_token_and_of_each_one()
    {
        var latency = new LatencyModel(Options, hash: 42);

        Assert.Equal(TimeSpan.FromMilliseconds(200), latency.Until(0));
        Assert.Equal(TimeSpan.FromMilliseconds(350), latency.Until(15));
    }

    [Fact]
    public void Jitter_keeps_the_mean_and_is_skewed_to_the_slow_side()
    {
        SimulatorOptions options = Options with { Jitter = 0.5 };
        double[] factors = [.. Enumerable.Range(0, 20_000)
            .Select(request => new LatencyModel(options, StableHash.Combine(1, (ulong)request)).Until(0).TotalMilliseconds / 200)
            .Order()];

        // The standard deviation of this log-normal is 0.53; the mean of 20,000 lies within four of its errors.
        Assert.InRange(factors.Average(), 0.985, 1.015);
        Assert.InRange(factors[10_000], 0.86, 0.905);
        Assert.True(factors[0] > 0);
    }

    [Fact]
    public void The_same_hash_always_takes_the_same_time()
    {
        SimulatorOptions options = Options with { Jitter = 1 };

        Assert.Equal(new LatencyModel(options, 7).Until(3), new LatencyModel(options, 7).Until(3));
        Assert.NotEqual(new LatencyModel(options, 7).Until(3), new LatencyModel(options, 8).Until(3));
    }
}
