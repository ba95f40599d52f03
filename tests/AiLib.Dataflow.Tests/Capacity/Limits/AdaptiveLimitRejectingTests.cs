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

    [Fact]
    public void A_short_outage_is_recovered_from()
    {
        SimulatedTarget target = new() { Takes = now => now is > 200 and < 203 ? 0 : 50 };

        for (int seed = 0; seed < LimitReport.Seeds; seed++)
        {
            SimulationResult run = LimitSimulation.Run(new AdaptiveLimit(), target, seed, seconds: 500);
            int back = run.SettledAfter(203, least: 48, most: 52);
            output.WriteLine($"seed {seed}: limit {run.Limits[203]} after the outage, back after {back} s");
            Assert.InRange(back, 0, 180);
        }
    }
}
