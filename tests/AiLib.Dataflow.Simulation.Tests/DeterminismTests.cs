using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>T-12: the same seed is the same run, or no red seed could ever be looked at again.</summary>
public sealed class DeterminismTests
{
    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        HashSet<ulong> different = [];
        Simulation.ForEachSeed(Simulation.Seeds(500), seed =>
        {
            (ulong hash, long steps) first = Trace(seed);
            (ulong hash, long steps) second = Trace(seed);
            Assert.Equal(first, second);
            different.Add(first.hash);
        });

        // And it is a trace of something: other seeds are other runs.
        Assert.True(different.Count >= Math.Min(450, Simulation.Seeds(500) - 1) || Environment.GetEnvironmentVariable("AILIB_SIMULATION_SEED") is not null);
    }

    private static (ulong Hash, long Steps) Trace(long seed)
    {
        using SimulatedWorld world = SafetyTests.RunOne(seed, impatient: true);
        return (world.Scheduler.TraceHash, world.Scheduler.Steps);
    }
}
