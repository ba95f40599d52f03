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

    // Refusals are quick and answers slow, so that between an attempt and its answer there is always another refusal.
    [Fact]
    public void A_twentieth_refused_at_once_does_not_hold_up_the_others_at_a_known_limit()
    {
        const int PerSecond = 100;
        const int Requests = 2_000;
        TimeSpan best = TimeSpan.FromSeconds((double)Requests / PerSecond);
        double worst = 0;
        for (long seed = 1; seed <= 10; seed++)
        {
            using ConstraintWorld world = new(seed) { Latency = TimeSpan.FromMilliseconds(300), RefusesFor = Wait };
            world.Target.Backpressure.MaxInflight = 50;
            world.Target.RateLimiter.RequestsPerSecond = PerSecond;

            world.Run(world.StreamAsync(Requests));

            worst = Math.Max(worst, world.Time.Elapsed / best);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{worst:0.000} times the best possible time"));
        Assert.InRange(worst, 0.9, 1.25);
    }
}
