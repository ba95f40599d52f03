using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Tests.Capacity.Limits;

/// <summary>Targets that reject what is too much: simulated with many seeds, figures in the output.</summary>
public sealed class AdaptiveLimitRejectingTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(8)]
    [InlineData(50)]
    [InlineData(200)]
    public void A_target_that_rejects_is_kept_full_with_at_most_one_per_cent_rejected(int takes)
    {
        SimulatedTarget target = SimulatedTarget.Rejecting(takes);
        IReadOnlyList<double> best = LimitReport.BestFixed(target, takes);

        LimitReport report = new(target, best, () => new AdaptiveLimit());

        output.WriteLine($"takes {takes}: {report}");
        output.WriteLine($"  for comparison, AimdLimit: {new LimitReport(target, best, () => new AimdLimit())}");
        output.WriteLine($"  for comparison, GradientLimit: {new LimitReport(target, best, () => new GradientLimit())}");
        Assert.True(report.WorstShare >= 0.95, $"{report}");
        Assert.True(report.MostRejected <= 0.01, $"{report}");
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(1.0)]
    public void Latencies_that_are_spread_otherwise_change_little(double spread)
    {
        SimulatedTarget target = SimulatedTarget.Rejecting(50) with { Spread = spread };

        LimitReport report = new(target, LimitReport.BestFixed(target, 50), () => new AdaptiveLimit());

        output.WriteLine($"takes 50, spread {spread}: {report}");
        Assert.True(report.WorstShare >= 0.95, $"{report}");
        Assert.True(report.MostRejected <= 0.01, $"{report}");
    }

    [Fact]
    public void A_target_that_frees_its_places_late_is_used_as_far_as_it_can_be()
    {
        SimulatedTarget target = SimulatedTarget.Rejecting(50) with { FreesAfter = 0.005 };

        // Fixed at 50 it answers as many, but rejects every third call.
        LimitReport report = new(target, LimitReport.BestFixed(target, 46, 48, 50), () => new AdaptiveLimit());

        output.WriteLine($"takes 50, frees after 5 ms: {report}");
        Assert.True(report.WorstShare >= 0.92, $"{report}");
        Assert.True(report.MostRejected <= 0.01, $"{report}");
    }

    [Fact]
    public void A_capacity_that_changes_is_followed_down_within_a_minute_and_up_within_three()
    {
        SimulatedTarget target = new() { Takes = now => now < 180 ? 50 : now < 360 ? 20 : 100 };

        int mostDown = 0;
        int mostUp = 0;
        for (int seed = 0; seed < LimitReport.Seeds; seed++)
        {
            SimulationResult run = LimitSimulation.Run(new AdaptiveLimit(), target, seed, seconds: 720);
            int down = run.SettledAfter(180, least: 10, most: 21);
            int up = run.SettledAfter(360, least: 95, most: 105);
            (mostDown, mostUp) = (Math.Max(mostDown, down), Math.Max(mostUp, up));
            Assert.InRange(down, 0, 60);
            Assert.InRange(up, 0, 180);
            Assert.True(run.Rejected <= 0.01, $"{run.Rejected}");

            // Within its time the target is also used: what is answered counts, not the number.
            Assert.InRange(run.Rate(240, 360) / run.Rate(120, 180) / 0.4, 0.9, 1.1);
            Assert.InRange(run.Rate(540, 720) / run.Rate(120, 180) / 2, 0.9, 1.1);
        }

        output.WriteLine($"50 to 20: settled after at most {mostDown} s; 20 to 100: after at most {mostUp} s");
    }

    /// <remarks>Attempts in flight when it begins are answered in their own time. Calls during the outage: one for each rejection, at a limit of 1 most of the time.</remarks>
    [Theory]
    [InlineData(50, 1, 3, 15)]
    [InlineData(50, 1, 60, 15)]
    [InlineData(50, 0.1, 60, 5)]
    [InlineData(200, 1, 3, 15)]
    [InlineData(200, 1, 60, 15)]
    public void An_outage_is_recovered_from_in_a_few_turns(int takes, double seconds, double outage, double within)
    {
        double back = 200 + outage;
        SimulatedTarget target = new() { Takes = now => now > 200 && now < back ? 0 : takes, Work = _ => seconds };

        double most = 0;
        for (int seed = 0; seed < LimitReport.Seeds; seed++)
        {
            SimulationResult run = LimitSimulation.Run(new AdaptiveLimit(), target, seed, seconds: back + 60);
            double former = run.Rate(150, 200);
            most = Math.Max(most, Enumerable.Range(0, 55).First(after => run.Rate(back + after, back + after + 5) >= 0.95 * former));
        }

        output.WriteLine($"takes {takes}, {seconds} s, out for {outage} s: 95 % of the former answers per second after at most {most} s");
        Assert.True(most <= within, $"{most}");
    }
}
