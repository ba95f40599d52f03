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
