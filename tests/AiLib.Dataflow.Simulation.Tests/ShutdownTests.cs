using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>I27: stopped at any moment, with any time to drain, every caller is answered and the stop returns in time.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public void A_stop_at_any_moment_answers_everyone_in_time()
    {
        Simulation.ForEachSeed(Simulation.Seeds(2_000), seed =>
        {
            SeededRandom settings = new(~seed);
            using SimulatedWorld world = new(seed, SimulationOptions.Draw(settings)) { MayOutliveItsCaller = true };
            int count = settings.Between(1, 20);
            int answered = 0;
            for (int caller = 0; caller < count; caller++)
            {
                SimulatedRequest request = Callers.Create(world, impatient: true);
                world.Start(() => AskAsync(world, request, () => answered++));
            }

            TimeSpan drain = TimeSpan.FromMilliseconds(settings.OneOf(0, 1, 500, 60_000));
            TimeSpan stopAt = TimeSpan.FromMilliseconds(settings.Between(0, 8_000));
            TimeSpan took = TimeSpan.MaxValue;
            world.Start(async () =>
            {
                await Task.Delay(stopAt, world.Time);
                TimeSpan began = world.Time.Elapsed;
                Task stop = world.Pipeline.StopAsync(drain);
                Assert.Same(stop, world.Pipeline.StopAsync(TimeSpan.Zero));
                await stop;
                took = world.Time.Elapsed - began;
            });
            world.Run();

            Assert.Equal(count, answered);
            Assert.True(took <= drain + TimeSpan.FromSeconds(1), $"I27: the stop took {took}, of which {drain} to drain");
        });
    }

    [Fact]
    public void A_stop_with_time_to_drain_cancels_nothing_that_streams_have_sent_and_ends_them()
    {
        long answered = 0;
        long refused = 0;
        Simulation.ForEachSeed(Simulation.Seeds(1_000), seed =>
        {
            SeededRandom settings = new(~seed);
            TargetOptions[] targets = [.. Enumerable.Range(0, settings.Between(1, 2)).Select(_ => Calm(settings, settings.OneOf(1, 2, 8)))];
            ProviderScript script = new(0, [], settings.OneOf(1, 20, 500));
            using SimulatedWorld world = new(seed, new SimulationOptions(targets, [.. targets.Select(_ => script)]), check: (request, _) => Refuse(request));
            for (int stream = settings.Between(1, 3); stream > 0; stream--)
            {
                bool ordered = settings.Percent(50);
                List<SimulatedRequest> requests = [.. Enumerable.Range(0, settings.Between(1, 20)).Select(id => new SimulatedRequest(id))];
                world.Start(async () =>
                {
                    RequestRefusedException? end = null;
                    try
                    {
                        await Callers.StreamAsync(world, requests, ordered, slow: false);
                    }
                    catch (RequestRefusedException stopping)
                    {
                        end = stopping;
                    }

                    // What was read and not let in is the source's to keep, and it is told so.
                    Assert.True(end is not null || requests.TrueForAll(request => request.Answers == 1));
                    Assert.All(requests, request => Assert.Equal(request.Targets.Count, Refuse(request) is null ? request.Answers : 0));
                    answered += requests.Sum(request => request.Answers);
                    refused += end is null ? 0 : 1;
                });
            }

            TimeSpan stopAt = TimeSpan.FromMilliseconds(settings.Between(0, 2_000));
            world.Start(async () =>
            {
                await Task.Delay(stopAt, world.Time);
                await world.Pipeline.StopAsync(TimeSpan.FromHours(1));
            });
            foreach (SimulatedEndpoint endpoint in world.Endpoints)
            {
                endpoint.OnCancelled = () => world.Require(false, "I27", "an attempt was cancelled although there is time to drain");
            }

            world.Run();
        });

        TestContext.Current.TestOutputHelper?.WriteLine($"{answered} answers, {refused} streams cut short");
        Assert.True(answered > Simulation.Seeds(1_000) && refused > Simulation.Seeds(1_000) / 10);
    }

    [Fact]
    public void A_stop_while_a_refused_request_of_a_stream_waits_for_its_turn_does_not_spin()
    {
        // Whoever spins does so for ever here, where nobody else runs meanwhile; so this runs on a thread that is not waited for longer.
        Exception? failure = null;
        Thread thread = new(() => failure = Record.Exception(() => Simulation.ForEachSeed(300, seed =>
        {
            SeededRandom settings = new(~seed);
            using SimulatedWorld world = new(
                seed, new SimulationOptions([Calm(settings, slots: 1)], [new ProviderScript(0, [], 5)]), check: (request, _) => Refuse(request));
            List<SimulatedRequest> requests = [.. Enumerable.Range(0, 8).Select(id => new SimulatedRequest(id))];
            world.Start(async () =>
            {
                try
                {
                    await Callers.StreamAsync(world, requests, ordered: false, slow: false, steadySource: true);
                }
                catch (RequestRefusedException)
                {
                    // That the pipeline stops, or the check's own word for a request that had no turn any more.
                }
            });
            world.Start(async () =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(settings.Between(0, 12)), world.Time);
                await world.Pipeline.StopAsync(TimeSpan.FromHours(1));
            });
            world.Run();
        })))
        {
            IsBackground = true,
        };

        thread.Start();

        Assert.True(thread.Join(TimeSpan.FromSeconds(30)), "Some step has no end.");
        Assert.Null(failure);
    }

    private static Refusal? Refuse(SimulatedRequest request) => request.Id % 3 == 1 ? new Refusal("every_third", "it is one of them.") : null;

    private static TargetOptions Calm(SeededRandom settings, int slots)
    {
        TargetOptions target = new() { Slots = slots, DispatchInline = settings.Percent(50) };
        target.Backpressure.MaxInflight = Math.Min(slots, settings.Between(1, 3));
        return target;
    }

    private static async Task AskAsync(SimulatedWorld world, SimulatedRequest request, Action onAnswered)
    {
        await Task.Delay(world.Random.Milliseconds(5_000), world.Time);
        request.SubmittedAt = world.Time.Elapsed;
        try
        {
            await world.Pipeline.SendAsync(request, request.Options);
        }
        catch (RequestFailedException)
        {
            // An answer too.
        }

        request.Answers++;
        onAnswered();
    }
}
