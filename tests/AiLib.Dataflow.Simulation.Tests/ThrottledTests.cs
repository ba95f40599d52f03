using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>A waiting retry gives its place in flight back, so the waits of a fifth of the calls cost almost nothing.</summary>
public sealed class ThrottledTests
{
    private const int Calls = 400;
    private const int InFlight = 16;
    private static readonly TimeSpan CallTime = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_fifth_told_to_wait_costs_at_most_5_percent_over_the_best_possible_time()
    {
        // Nobody can know beforehand who will be told to wait. All first attempts take so many rounds; the last round has one that is told to wait, and its
        // second attempt takes one more call. Everything else fits in between, if no wait holds a place.
        TimeSpan rounds = CallTime * Math.Ceiling((double)Calls / InFlight);
        TimeSpan best = rounds + Wait + CallTime;
        double worst = 0;
        for (long seed = 1; seed <= 20; seed++)
        {
            using ConstraintWorld world = new(seed) { Latency = CallTime, PutsOffFor = Wait };
            world.Target.Backpressure.MaxInflight = InFlight;

            world.Run(world.StreamAsync(Calls));

            worst = Math.Max(worst, world.Time.Elapsed / best);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{worst:0.000} times the best possible time"));
        Assert.InRange(worst, 1, 1.05);
    }
}
