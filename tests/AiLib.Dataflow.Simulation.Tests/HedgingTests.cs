using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>Hedges under faults: everything that holds without them holds with them, one answer for each call and no more of them than their share; and what they are good for.</summary>
public sealed class HedgingTests(ITestOutputHelper output)
{
    private static int Seeds => Simulation.Seeds(400);

    [Fact]
    [Trait("Invariant", "I1")]
    [Trait("Invariant", "I2")]
    public void Every_invariant_holds_with_patient_callers() =>
        Simulation.ForEachSeed(Seeds, seed => RunOne(5_000_000 + seed, impatient: false).Dispose());

    [Fact]
    public void Every_invariant_holds_with_callers_that_give_up() =>
        Simulation.ForEachSeed(Seeds, seed => RunOne(6_000_000 + seed, impatient: true).Dispose());

    [Fact]
    public void The_runs_make_hedges_that_win_lose_and_decide_alone_and_go_without_when_the_share_is_used_up()
    {
        SignalsSnapshot[] ends = new SignalsSnapshot[Simulation.IsOneSeed ? 0 : 500];
        int moved = 0;
        Simulation.ForEachSeed(500, seed =>
        {
            using SimulatedWorld world = RunOne(5_000_000 + seed, impatient: false);
            if (ends.Length > 0)
            {
                ends[seed - 1] = world.Pipeline.Signals.Snapshot();
            }

            moved += world.Requests.Count(request => request.HedgedAt is { } hedge && request.Targets.Contains(hedge));
        });

        long hedges = ends.Sum(end => end.Hedges);
        long won = ends.Sum(end => end.HedgesWon);
        output.WriteLine($"{hedges} hedges, {won} won, {ends.Sum(end => end.HedgesOverBudget)} over the share, {moved} whose call went there itself as well");
        Assert.True(Simulation.IsOneSeed || (won >= 200 && hedges - won >= 200 && moved >= 20 && ends.Sum(end => end.HedgesOverBudget) >= 200));
    }

    [Fact]
    [Trait("Invariant", "I27")]
    public void A_stop_at_any_moment_answers_everyone_in_time_and_brings_both_home() => Simulation.ForEachSeed(Seeds, seed =>
    {
        SeededRandom settings = new(~seed);
        using SimulatedWorld world = new(7_000_000 + seed, Draw(settings)) { MayOutliveItsCaller = true };
        foreach (SimulatedRequest request in Enumerable.Range(0, settings.Between(1, 20)).Select(_ => Callers.Create(world, impatient: true)))
        {
            world.Start(() => AskAsync(world, request, TimeSpan.FromMilliseconds(settings.Between(1, 5_000))));
        }

        TimeSpan drain = TimeSpan.FromMilliseconds(settings.OneOf(0, 1, 500, 60_000));
        TimeSpan stopAt = TimeSpan.FromMilliseconds(settings.Between(0, 8_000));
        world.Start(async () =>
        {
            await Task.Delay(stopAt, world.Time);
            TimeSpan began = world.Time.Elapsed;
            await world.Pipeline.StopAsync(drain);
            TimeSpan took = world.Time.Elapsed - began;
            world.Require(took <= drain + TimeSpan.FromSeconds(1), "I27", $"the stop took {took}, of which {drain} to drain");
        });
        world.Run();
    });

    [Fact]
    public void Where_a_few_attempts_take_very_long_the_slowest_calls_become_quick_for_a_few_requests_more()
    {
        Simulation.ForEachSeed(3, seed =>
        {
            (TimeSpan[] without, SignalsSnapshot off) = Tail(seed, hedging: null);
            (TimeSpan[] with, SignalsSnapshot on) = Tail(seed, new HedgingOptions { Delay = TimeSpan.FromMilliseconds(400), MaxShare = 0.05 });

            double extra = (double)(on.Attempts - on.Admitted) / on.Admitted;
            output.WriteLine(
                $"seed {seed}: p50 {At(without, 0.5)} → {At(with, 0.5)}, p99 {At(without, 0.99)} → {At(with, 0.99)}, slowest {At(without, 1)} → {At(with, 1)}, "
                + $"{extra:P2} more requests, {on.Hedges} hedges, {on.HedgesWon} won, {on.HedgesOverBudget} over the share");
            Assert.Equal(off.Admitted, off.Attempts);
            Assert.True(At(without, 0.99) >= 8_000, "There is no tail, so this shows nothing.");
            Assert.InRange(At(with, 0.99), 0, 800);
            Assert.True(At(with, 0.5) <= At(without, 0.5) * 1.02, $"p50 {At(without, 0.5)} → {At(with, 0.5)}");
            Assert.InRange(extra, 0.01, 0.05);
            Assert.True(on.Hedges <= 0.05 * on.Admitted);
        });
    }

    [Fact]
    public void Where_every_attempt_takes_long_the_share_bounds_what_hedging_adds()
    {
        Simulation.ForEachSeed(3, seed =>
        {
            (_, SignalsSnapshot on) = Tail(seed, new HedgingOptions { Delay = TimeSpan.FromMilliseconds(50), MaxShare = 0.05 });

            output.WriteLine($"seed {seed}: {on.Hedges} hedges for {on.Admitted} calls, {on.HedgesOverBudget} over the share");
            Assert.True(on.Hedges <= 0.05 * on.Admitted);
            Assert.True(on.HedgesOverBudget > 0.9 * on.Admitted);
        });
    }

    /// <summary>5,000 calls, twenty a second, at two targets: 97 of 100 attempts take from 100 to 300 ms, the others 10 s.</summary>
    private static (TimeSpan[] Took, SignalsSnapshot End) Tail(long seed, HedgingOptions? hedging)
    {
        ProviderScript script = new(0, [], 1);
        SimulationOptions options = new([new TargetOptions(), new TargetOptions()], [script, script]) { Hedging = hedging };
        using SimulatedWorld world = new(seed, options) { MaxSteps = 4_000_000 };

        // Of its own, so that the calls meet the same providers with and without hedges as far as they can.
        foreach ((SimulatedEndpoint endpoint, int index) in world.Endpoints.Select((endpoint, index) => (endpoint, index)))
        {
            // Drawn, because neighbouring seeds give the same numbers one later.
            SeededRandom latencies = new((long)new SeededRandom((seed * 2) + index).NextUInt64());
            endpoint.DrawLatency = () => latencies.Percent(3) ? TimeSpan.FromSeconds(10) : TimeSpan.FromMilliseconds(latencies.Between(100, 300));
        }

        List<TimeSpan> took = [];
        world.Start(async () =>
        {
            List<Task> calls = [];
            for (int id = 0; id < 5_000; id++)
            {
                SimulatedRequest request = new(id) { Options = new RequestOptions() };
                world.Requests.Add(request);
                calls.Add(TimeAsync(request));
                await Task.Delay(TimeSpan.FromMilliseconds(50), world.Time);
            }

            await Task.WhenAll(calls);
        });
        world.Run();
        return ([.. took.Order()], world.Pipeline.Signals.Snapshot());

        async Task TimeAsync(SimulatedRequest request)
        {
            await AskAsync(world, request, TimeSpan.Zero);
            took.Add(world.Time.Elapsed - request.SubmittedAt);
        }
    }

    private static double At(TimeSpan[] sorted, double share) => sorted[(int)(share * (sorted.Length - 1))].TotalMilliseconds;

    private static SimulatedWorld RunOne(long seed, bool impatient)
    {
        SeededRandom settings = new(~seed);
        SimulatedWorld world = new(seed, Draw(settings));
        Callers.Draw(world, settings.Between(1, 40), impatient);
        world.Run();
        return world;
    }

    private static SimulationOptions Draw(SeededRandom settings)
    {
        SimulationOptions drawn;
        do
        {
            drawn = settings.Percent(30) ? SimulationOptions.DrawPool(settings) : SimulationOptions.Draw(settings);
        }
        while (drawn.Targets.Count == 1);

        foreach (TargetOptions target in drawn.Targets)
        {
            // Room for more than one, more often than not: a target without room gets no hedge.
            target.Slots = target.Slots!.Value + settings.OneOf(0, 4, 16);
            target.Backpressure.MaxInflight += target.Backpressure.MaxInflight > 0 ? settings.OneOf(0, 2, 8) : 0;
            target.Slots = Math.Max(target.Slots.Value, target.Backpressure.MaxInflight);
        }

        int shortest = (int)drawn.Targets.Max(target => target.AttemptTimeout).TotalMilliseconds;
        return drawn with
        {
            Hedging = new HedgingOptions
            {
                Delay = TimeSpan.FromMilliseconds(Math.Min(settings.OneOf(1, 3, 20, 90, 700), shortest - 1)),
                MaxShare = settings.OneOf(0.1, 0.5, 1, 1),
            },
        };
    }

    private static async Task AskAsync(SimulatedWorld world, SimulatedRequest request, TimeSpan after)
    {
        if (after > TimeSpan.Zero)
        {
            await Task.Delay(after, world.Time);
        }

        request.SubmittedAt = world.Time.Elapsed;
        request.IsCall = true;
        try
        {
            await world.Pipeline.SendAsync(request, request.Options);
        }
        catch (RequestFailedException)
        {
            // An answer too.
        }

        request.Answers++;
    }
}
