using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>T-11: after the last fault everything ends within a bound, and a dead target holds nobody else up.</summary>
public sealed class LivenessTests
{
    [Fact]
    public void Everything_ends_soon_after_the_last_fault()
    {
        Simulation.ForEachSeed(Simulation.Seeds(1_000), seed =>
        {
            SeededRandom settings = new(~seed);
            SimulationOptions options = SimulationOptions.Draw(settings);
            foreach (TargetOptions target in options.Targets)
            {
                // A request per two seconds at the least, so that the bound below is one of waiting, not of rate.
                target.RateLimiter.RequestsPerSecond = settings.OneOf<double?>(null, 0.5, 10);
                target.RateLimiter.TokensPerMinute = null;
                target.RateLimiter.TokenBurst = null;
                target.RateLimiter.BurstSize = null;
                target.RateLimiter.LearnsFromAnswers = false;
            }

            using SimulatedWorld world = new(seed, options);
            TimeSpan lastFault = TimeSpan.FromSeconds(settings.Between(1, 120));
            foreach (SimulatedEndpoint endpoint in world.Endpoints)
            {
                endpoint.HealthyFrom = lastFault;
            }

            int count = settings.Between(1, 30);
            Callers.Draw(world, count, impatient: false);
            world.Run();

            // The longest cooling (1 h) and one server's wait after it, patience for deaf calls, and two seconds of rate for each attempt.
            TimeSpan bound = lastFault + TimeSpan.FromHours(1) + TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(2 * 5 * 3 * count);
            world.Require(world.Time.Elapsed <= bound, "I16", $"it ended at {world.Time.Elapsed}; the last fault was at {lastFault}, the bound is {bound}");
        });
    }

    [Theory]
    [InlineData(10, 250)]
    [InlineData(null, 500)]
    public void A_dead_target_does_not_slow_another_one_down(int? minutes, int seeds)
    {
        TimeSpan dead = minutes is { } some ? TimeSpan.FromMinutes(some) : TimeSpan.MaxValue;
        Simulation.ForEachSeed(Simulation.Seeds(seeds), seed =>
        {
            TimeSpan alone = RunBeside(seed, TimeSpan.Zero);
            TimeSpan beside = RunBeside(seed, dead);
            Assert.True(beside <= alone * 1.2, $"I17: {beside} beside a dead target, {alone} alone");
        });
    }

    /// <summary>How long target 1 takes for its 60 requests, with a stream of its own, beside another one that is dead for so long; alone when that is zero.</summary>
    private static TimeSpan RunBeside(long seed, TimeSpan dead)
    {
        SeededRandom settings = new(~seed);
        TargetOptions[] targets = [Busy(settings), Busy(settings)];
        ProviderScript script = new(0, [], 200);
        using SimulatedWorld world = new(seed, new SimulationOptions(targets, [script, script]));
        world.Endpoints[0].Dead = (TimeSpan.Zero, dead);
        world.Endpoints[1].SteadyLatency = TimeSpan.FromMilliseconds(settings.Between(1, 200));
        List<SimulatedRequest> other = Add(world, dead > TimeSpan.Zero ? 60 : 0, "0");
        List<SimulatedRequest> own = Add(world, 60, "1");
        TimeSpan ended = TimeSpan.Zero;
        world.Start(() => Callers.StreamAsync(world, other, ordered: false, slow: false, steadySource: true));
        world.Start(async () =>
        {
            await Callers.StreamAsync(world, own, ordered: false, slow: false, steadySource: true);
            ended = world.Time.Elapsed;
        });
        world.Run();
        return ended;
    }

    private static List<SimulatedRequest> Add(SimulatedWorld world, int count, string target)
    {
        List<SimulatedRequest> requests = [.. Enumerable.Range(world.Requests.Count, count).Select(id => new SimulatedRequest(id)
        {
            // To its own target only: what the dead one cannot answer waits for it, and must not be in the way.
            Options = new RequestOptions { Target = target, StaysOnTarget = true, WhenUnavailable = Unavailability.Hold },
        })];
        world.Requests.AddRange(requests);
        return requests;
    }

    private static TargetOptions Busy(SeededRandom settings)
    {
        TargetOptions target = new() { Slots = settings.OneOf(4, 8), DispatchInline = settings.Percent(50) };
        target.Backpressure.MaxInflight = 2;
        target.RateLimiter.RequestsPerSecond = settings.OneOf<double?>(null, 10);
        target.Retry.MaxRetries = 1;
        target.CircuitBreaker.Cooldown = TimeSpan.FromSeconds(10);
        return target;
    }
}
