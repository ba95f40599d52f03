using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Tests.Capacity.Limits;

/// <summary>Targets that become slower instead of rejecting, such as vLLM and Ollama: simulated with many seeds, figures in the output.</summary>
public sealed class AdaptiveLimitSlowingTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(8)]
    [InlineData(50)]
    [InlineData(200)]
    public void A_target_that_batches_is_kept_busy_without_a_long_queue(int knee)
    {
        SimulatedTarget target = SimulatedTarget.Batching(knee);
        IReadOnlyList<double> best = LimitReport.BestFixed(target, knee, knee * 5 / 4, knee * 2, knee * 3);

        LimitReport report = new(target, best, () => new AdaptiveLimit());

        output.WriteLine($"knee {knee}: {report}");
        output.WriteLine($"  for comparison, AimdLimit: {new LimitReport(target, best, () => new AimdLimit())}");
        output.WriteLine($"  for comparison, GradientLimit: {new LimitReport(target, best, () => new GradientLimit())}");
        Assert.True(report.WorstShare >= 0.95, $"{report}");
        Assert.True(report.MeanLimit <= 2 * knee, $"{report}");

        // A target smaller than the limit begins with is full from the first second, so there it takes longer to see that.
        if (knee > 20)
        {
            Assert.True(report.MostMeanLimit <= 2 * knee, $"{report}");
            Assert.True(report.LimitAfterAMinute <= 3 * knee, $"{report}");
        }
    }

    /// <remarks>
    /// Here throughput n ÷ (1 + n ÷ K) grows without end: 3 K in flight bring 75 % of what infinitely many would, 19 K bring 95 %. So "the best fixed limit"
    /// is the best up to Max, which is Max, and no limit can both stay at 3 K and bring 95 % of what 1,000 in flight bring.
    /// </remarks>
    [Theory]
    [InlineData(50)]
    [InlineData(200)]
    public void A_target_that_slows_down_is_used_as_much_as_three_times_its_knee_can(int knee)
    {
        SimulatedTarget target = SimulatedTarget.Slowing(knee);
        int max = 3 * knee;
        IReadOnlyList<double> best = LimitReport.BestFixed(target, max / 2, max * 3 / 4, max);

        LimitReport report = new(target, best, () => new AdaptiveLimit(new AdaptiveLimitOptions { Max = max }));

        output.WriteLine($"knee {knee}, at most {max}: {report}");
        Assert.True(report.WorstShare >= 0.95, $"{report}");
    }

    [Theory]
    [InlineData(8)]
    [InlineData(50)]
    [InlineData(200)]
    public void A_target_that_slows_down_for_ever_is_not_flooded(int knee)
    {
        SimulatedTarget target = SimulatedTarget.Slowing(knee);
        IReadOnlyList<double> best = LimitReport.BestFixed(target, 1_000);

        LimitReport report = new(target, best, () => new AdaptiveLimit());

        output.WriteLine($"knee {knee}, at most 1000: {report}");
        output.WriteLine($"  for comparison, AimdLimit: {new LimitReport(target, best, () => new AimdLimit())}");
        output.WriteLine($"  for comparison, GradientLimit: {new LimitReport(target, best, () => new GradientLimit())}");

        // Not three times the knee: whoever stops there brings 71 % to 79 % of this best in the first place, so the limit asks for a little more.
        Assert.True(report.MeanLimit <= 6 * knee, $"{report}");
        Assert.True(report.Shares.Average() >= 0.75, $"{report}");
    }

    [Fact]
    public void A_target_that_batches_and_rejects_is_used_up_to_the_lower_of_both()
    {
        SimulatedTarget target = SimulatedTarget.Batching(50) with { Takes = _ => 60 };

        LimitReport report = new(target, LimitReport.BestFixed(target, 50, 60), () => new AdaptiveLimit());

        output.WriteLine($"knee 50, takes 60: {report}");
        Assert.True(report.WorstShare >= 0.95, $"{report}");
        Assert.True(report.MostRejected <= 0.01, $"{report}");
    }

    [Fact]
    public void Work_that_becomes_three_times_as_long_does_not_look_like_load()
    {
        SimulatedTarget target = SimulatedTarget.Rejecting(50) with { Work = now => now < 200 ? 1 : 3 };

        double least = Enumerable.Range(0, LimitReport.Seeds).Min(seed => LimitSimulation.Run(new AdaptiveLimit(), target, seed).MeanLimit(200, 660));

        output.WriteLine($"mean limit after the change: at least {least:F1} of 50");
        Assert.True(least >= 47, $"{least}");
    }

    [Fact]
    public void A_knee_that_moves_down_is_followed_within_minutes()
    {
        SimulatedTarget target = new() { Knee = now => now < 240 ? 100 : 30 };

        double[] limits = [.. Enumerable.Range(0, LimitReport.Seeds).Select(seed => LimitSimulation.Run(new AdaptiveLimit(), target, seed).MeanLimit(480, 660))];

        output.WriteLine($"knee 100 to 30: mean limit from the fourth minute after the change {limits.Average():F1}, at most {limits.Max():F1}");
        Assert.True(limits.Average() <= 90, $"{limits.Average()}");
    }

    [Fact]
    public void A_knee_that_moves_up_is_followed_within_minutes()
    {
        SimulatedTarget target = new() { Knee = now => now < 240 ? 30 : 100 };

        double[] rates = [.. Enumerable.Range(0, LimitReport.Seeds).Select(seed => LimitSimulation.Run(new AdaptiveLimit(), target, seed).Rate(420, 660))];
        double best = LimitSimulation.Run(new FixedLimit(150), target, seed: 0).Rate(420, 660);

        output.WriteLine($"knee 30 to 100: answers / best fixed from the third minute after the change {rates.Average() / best:F3}, at least {rates.Min() / best:F3}");
        Assert.True(rates.Average() / best >= 0.9, $"{rates.Average() / best}");
    }
}
