using AiLib.Dataflow.Capacity.Limits;
using AiLib.Dataflow.Recovery;
using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>T-31: a provider that is dead for a minute at full load is not asked more often for it, and is used again as before soon after.</summary>
public sealed class RetryStormTests(ITestOutputHelper output)
{
    // 20 in flight of 250 ms are 80 a second at most; the load is nine tenths of that.
    private const int MaxInflight = 20;
    private const int Latency = 250;
    private const int PerSecond = 72;
    private static readonly TimeSpan From = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Until = TimeSpan.FromSeconds(120);

    [Fact]
    public void A_dead_target_gets_a_tenth_more_calls_than_first_attempts_and_without_a_budget_three_times_as_many()
    {
        Simulation.ForEachSeed(Simulation.Seeds(1), seed =>
        {
            (long first, long calls) = CallsWhileDead(seed, RetryBudgetUse.Calls);
            (long firstWithout, long callsWithout) = CallsWhileDead(seed, RetryBudgetUse.None);

            output.WriteLine($"seed {seed}: {calls} calls for {first} first attempts; without a budget {callsWithout} for {firstWithout}");
            Assert.True(first >= 0.9 * PerSecond * 60, $"{first} first attempts are not full load");
            Assert.True(calls <= (1.1 * first) + 10, $"{calls} calls for {first} first attempts");
            Assert.True(callsWithout >= 3 * firstWithout, $"without a budget {callsWithout} calls for {firstWithout} first attempts: this load tests nothing");
        });
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_target_that_is_back_is_used_as_before_within_ten_seconds(bool isStream, bool isAdaptive)
    {
        Simulation.ForEachSeed(Simulation.Seeds(1), seed =>
        {
            TargetOptions target = new() { DispatchInline = true };
            target.Backpressure.MaxInflight = isAdaptive ? 0 : MaxInflight;
            target.AdaptiveLimit = isAdaptive ? new AdaptiveLimitOptions { Max = MaxInflight } : null;
            using SimulatedWorld world = Create(seed, target);
            SimulatedEndpoint provider = world.Endpoints[0];
            provider.DeadAct = isAdaptive ? ProviderAct.Overload : ProviderAct.Fail;
            if (isStream)
            {
                Stream(world, 80 * 130);
            }
            else
            {
                Call(world, TimeSpan.FromSeconds(170));
            }

            world.Run();

            TimeSpan back = provider.Closed.Single(at => at >= Until);
            double before = PerSecondIn(provider, From - TimeSpan.FromSeconds(20), From);
            double after = PerSecondIn(provider, back + TimeSpan.FromSeconds(5), back + TimeSpan.FromSeconds(10));
            long whileDead = provider.Starts.Count(at => at >= From && at < back);
            output.WriteLine($"seed {seed}: {before:F1} a second before, {whileDead} calls while out, closed {back - Until} after it was back, then {after:F1} a second");
            Assert.True(before >= 0.95 * (isStream ? 80 : PerSecond), $"{before} a second are not full load");
            Assert.True(after >= 0.95 * before, $"{after} a second after, {before} before");
            Assert.InRange(back, Until, Until + target.CircuitBreaker.Cooldown + TimeSpan.FromSeconds(1));
            Assert.InRange(whileDead, 5, (2 * MaxInflight) + 5);
        });
    }

    [Fact]
    public void A_target_without_known_limits_that_throttles_everyone_is_asked_by_a_few_for_all()
    {
        Simulation.ForEachSeed(Simulation.Seeds(1), seed =>
        {
            TargetOptions target = new() { DispatchInline = true, Slots = 200 };
            target.Backpressure.MaxInflight = MaxInflight;
            target.Retry.MaxRetries = 100;
            using SimulatedWorld world = Create(seed, target);
            SimulatedEndpoint provider = world.Endpoints[0];
            provider.DeadAct = ProviderAct.ThrottleForAWhile;
            Stream(world, 80 * 130);
            world.Run();

            double before = PerSecondIn(provider, From - TimeSpan.FromSeconds(20), From);
            int refused = provider.Acts[ProviderAct.ThrottleForAWhile];
            TimeSpan back = provider.Starts.First(at => at >= Until);
            double after = PerSecondIn(provider, back + TimeSpan.FromSeconds(1), back + TimeSpan.FromSeconds(11));
            output.WriteLine($"seed {seed}: {before:F1} a second before, {refused} refused in a minute, asked again {back - Until} after it was back, then {after:F1} a second");
            Assert.True(before >= 0.95 * 80, $"{before} a second are not full load");
            Assert.InRange(refused, 5, 100);
            Assert.InRange(back, Until, Until + TimeSpan.FromSeconds(20));
            Assert.True(after >= 0.95 * before, $"{after} a second after, {before} before");
        });
    }

    private static (long First, long Calls) CallsWhileDead(long seed, RetryBudgetUse budget)
    {
        // No circuit, so that the budget is all there is.
        TargetOptions target = new() { DispatchInline = true };
        target.Backpressure.MaxInflight = 0;
        target.Retry.Budget = budget;
        target.CircuitBreaker.FailureThreshold = 0;
        target.CircuitBreaker.FailureRatio = 0;
        using SimulatedWorld world = Create(seed, target);
        Call(world, Until);
        world.RunUntil(() => world.Time.Elapsed >= From);
        SignalsSnapshot before = world.Pipeline.Signals.Snapshot();
        world.RunUntil(() => world.Time.Elapsed >= Until);
        SignalsSnapshot after = world.Pipeline.Signals.Snapshot();
        world.Run();
        long calls = after.Attempts - before.Attempts;
        return (calls - (after.Retries - before.Retries), calls);
    }

    private static SimulatedWorld Create(long seed, TargetOptions target)
    {
        SimulatedWorld world = new(seed, new SimulationOptions([target], [new ProviderScript(0, [], Latency)])) { MaxSteps = 4_000_000 };
        world.Endpoints[0].SteadyLatency = TimeSpan.FromMilliseconds(Latency);
        world.Endpoints[0].Dead = (From, Until);
        return world;
    }

    /// <summary>Calls that come whatever becomes of those before them, until a time.</summary>
    private static void Call(SimulatedWorld world, TimeSpan until)
    {
        world.Start(async () =>
        {
            List<Task> calls = [];
            while (world.Time.Elapsed < until)
            {
                SimulatedRequest request = new(world.Requests.Count) { Options = new RequestOptions() };
                world.Requests.Add(request);
                calls.Add(CallAsync(world, request));
                await Task.Delay(TimeSpan.FromSeconds(1.0 / PerSecond), world.Time);
            }

            await Task.WhenAll(calls);
        });
    }

    private static async Task CallAsync(SimulatedWorld world, SimulatedRequest request)
    {
        request.SubmittedAt = world.Time.Elapsed;
        try
        {
            await world.Pipeline.TrySendAsync(request, request.Options);
        }
        catch (RequestRefusedException)
        {
            // The circuit is open, and the caller is told so at once.
        }

        request.Answers++;
    }

    /// <summary>A job: as much load as the target takes, all the time.</summary>
    private static void Stream(SimulatedWorld world, int count)
    {
        world.Requests.AddRange(Enumerable.Range(0, count).Select(id => new SimulatedRequest(id) { Options = new RequestOptions() }));
        world.Start(() => Callers.StreamAsync(world, world.Requests, ordered: false, slow: false, steadySource: true));
    }

    private static double PerSecondIn(SimulatedEndpoint provider, TimeSpan from, TimeSpan to) =>
        provider.Starts.Count(at => at >= from && at < to) / (to - from).TotalSeconds;
}
