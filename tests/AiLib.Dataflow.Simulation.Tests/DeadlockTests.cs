using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>I15: where retries write into the bounded channel they came from, this stops within a few steps.</summary>
public sealed class DeadlockTests
{
    [Fact]
    public void Everything_of_capacity_one_finishes_although_each_request_fails_three_times()
    {
        long redirects = 0;
        long retries = 0;
        Simulation.ForEachSeed(Simulation.Seeds(2_000), seed =>
        {
            SeededRandom settings = new(~seed);

            // With three targets there are two fallbacks; how many of the three failures each target sees depends on its retries.
            int maxRetries = settings.OneOf(1, 2, 3);
            TargetOptions[] targets = [.. Enumerable.Range(0, 3).Select(_ => One(settings, maxRetries))];
            ProviderScript script = new(0, [], settings.OneOf(1, 20, 500));
            using SimulatedWorld world = new(seed, new SimulationOptions(targets, [script, script, script]));
            foreach (SimulatedEndpoint endpoint in world.Endpoints)
            {
                endpoint.FailuresFirst = 3;
            }

            List<SimulatedRequest> requests = [.. Enumerable.Range(0, settings.Between(2, 12)).Select(id => new SimulatedRequest(id))];
            world.Requests.AddRange(requests);
            world.Start(() => Callers.StreamAsync(world, requests, ordered: settings.Percent(50), slow: settings.Percent(20)));
            world.Run();

            Signals.SignalsSnapshot end = world.Pipeline.Signals.Snapshot();
            Assert.Equal(requests.Count, end.Answered);
            Assert.All(requests, request => Assert.Equal(4, request.Targets.Count));
            redirects += end.Redirects;
            retries += end.Retries;
        });

        TestContext.Current.TestOutputHelper?.WriteLine($"{redirects} redirects, {retries} retries");
        Assert.True(redirects > 0 && retries > 0);
    }

    private static TargetOptions One(SeededRandom settings, int maxRetries)
    {
        TargetOptions target = new() { Slots = 1, DispatchInline = settings.Percent(50) };
        target.Backpressure.MaxInflight = 1;
        target.Retry.MaxRetries = maxRetries;

        // So that failures alone never close a target: what is shown is that nothing waits in a circle.
        target.CircuitBreaker.FailureThreshold = 0;
        target.CircuitBreaker.FailureRatio = 0;
        return target;
    }
}
