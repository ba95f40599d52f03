using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>T-10: whatever the providers and callers do, nothing is lost, doubled, early or over a limit.</summary>
public sealed class SafetyTests
{
    private static int Seeds => Simulation.Seeds(2_000);

    [Fact]
    public void Every_invariant_holds_with_patient_callers()
    {
        Simulation.ForEachSeed(Seeds, seed => RunOne(seed, impatient: false).Dispose());
    }

    [Fact]
    public void Every_invariant_holds_with_callers_that_give_up()
    {
        Simulation.ForEachSeed(Seeds, seed => RunOne(1_000_000 + seed, impatient: true).Dispose());
    }

    [Fact]
    public void Every_kind_of_fault_was_injected_often()
    {
        Dictionary<ProviderAct, int> acts = [];
        Simulation.ForEachSeed(1_000, seed =>
        {
            using SimulatedWorld world = RunOne(seed, impatient: true);
            foreach ((ProviderAct act, int count) in world.Endpoints.SelectMany(endpoint => endpoint.Acts))
            {
                acts[act] = acts.GetValueOrDefault(act) + count;
            }
        });

        string table = string.Join("\n", Enum.GetValues<ProviderAct>().Select(act => $"{act,-26} {acts.GetValueOrDefault(act),8}"));
        TestContext.Current.TestOutputHelper?.WriteLine(table);
        Assert.All(Enum.GetValues<ProviderAct>(), act => Assert.True(acts.GetValueOrDefault(act) >= 100, table));
    }

    internal static SimulatedWorld RunOne(long seed, bool impatient)
    {
        SeededRandom settings = new(~seed);
        SimulatedWorld world = new(seed, SimulationOptions.Draw(settings));
        Callers.Draw(world, settings.Between(1, 40), impatient);
        if (settings.Percent(30))
        {
            world.Start(() => ChangeLimitsAsync(world));
        }

        world.Run();
        return world;
    }

    // Below the cost of some, who are inside already, and back.
    private static async Task ChangeLimitsAsync(SimulatedWorld world)
    {
        for (int change = 0; change < 5; change++)
        {
            await Task.Delay(world.Random.Milliseconds(20_000), world.Time);
            world.Pipeline.UpdateLimits("0", limits =>
            {
                limits.RateLimiter.TokensPerMinute = world.Random.OneOf<long?>(null, 20, 1_000);
                limits.RateLimiter.TokenBurst = null;
            });
        }
    }
}
