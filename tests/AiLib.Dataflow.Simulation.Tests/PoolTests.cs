using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>Pools under faults: everything that holds for targets holds for their members, and the limit over them holds as well.</summary>
public sealed class PoolTests
{
    private static int Seeds => Simulation.Seeds(600);

    [Fact]
    public void Every_invariant_holds_with_patient_callers() =>
        Simulation.ForEachSeed(Seeds, seed => RunOne(2_000_000 + seed, impatient: false).Dispose());

    [Fact]
    public void Every_invariant_holds_with_callers_that_give_up() =>
        Simulation.ForEachSeed(Seeds, seed => RunOne(3_000_000 + seed, impatient: true).Dispose());

    [Fact]
    public void The_runs_park_members_and_move_requests_between_them()
    {
        int parks = 0;
        int moves = 0;
        Simulation.ForEachSeed(600, seed =>
        {
            using SimulatedWorld world = RunOne(2_000_000 + seed, impatient: false);
            parks += world.Parks;
            moves += world.Requests.Count(request => request.Targets.Where(target => target < world.Options.PoolSize).Distinct().Count() > 1);
        });

        Assert.InRange(parks, 50, int.MaxValue);
        Assert.InRange(moves, 200, int.MaxValue);
    }

    [Fact]
    public void No_request_waits_while_a_member_could_take_it() => Simulation.ForEachSeed(Seeds, seed =>
    {
        SeededRandom settings = new(~seed);
        SimulationOptions drawn = SimulationOptions.DrawPool(settings);
        SimulationOptions options = drawn with
        {
            // Nothing fails, so whoever waits lacks room or credits, and every member's are plain to see.
            Scripts = [.. drawn.Scripts.Select(script => new ProviderScript(0, [], script.MaxLatency))],
            Pool = drawn.Pool with { SharedLimit = new() },
        };
        foreach (TargetOptions target in options.Targets)
        {
            // A request that was attempted at a member does not come back to it at once, so here none ends without an answer.
            target.AttemptTimeout = TimeSpan.FromMinutes(1);
        }

        using SimulatedWorld world = new(4_000_000 + seed, options);
        foreach (SimulatedRequest request in Enumerable.Range(0, settings.Between(5, 60)).Select(_ => Callers.Create(world, impatient: false)))
        {
            request.Options = new RequestOptions { Target = "pool" };
        }

        world.Start(() => Callers.StreamAsync(world, world.Requests, ordered: false, slow: false));
        TimeSpan? since = null;
        world.AtRestPoint = () => RequireNoneIdles(world, ref since);
        world.Run();
    });

    private static void RequireNoneIdles(SimulatedWorld world, ref TimeSpan? since)
    {
        TargetSignals[] members = [.. world.Pipeline.Signals.Snapshot().Targets.Take(world.Options.PoolSize)];
        TargetSignals? waits = Array.Find(members, member => member.Depths.Ready > 0);
        TargetSignals? idles = Array.Find(members, member =>
            member.CircuitState == Capacity.CircuitState.Closed
            && member.Depths.Ready == 0
            && (member.MaxInflight == 0 || member.CurrentInflight < member.MaxInflight)
            && member.RateRemaining is null or > 0

            // What answers really cost may leave a debt, which is waited out whatever the next one costs.
            && member.TokensRemaining is null or > 0);
        since = waits is null || idles is null ? null : since ?? world.Time.Elapsed;

        // Timers ring in whole milliseconds, one after the other.
        world.Require(since is null || world.Time.Elapsed - since < TimeSpan.FromMilliseconds(2), "pool", $"{waits?.Depths.Ready} wait at {waits?.Target} while {idles?.Target} idles at {world.Time.Elapsed}");
    }

    private static SimulatedWorld RunOne(long seed, bool impatient)
    {
        SeededRandom settings = new(~seed);
        SimulatedWorld world = new(seed, SimulationOptions.DrawPool(settings));
        Callers.Draw(world, settings.Between(1, 40), impatient);
        world.Run();
        return world;
    }
}
