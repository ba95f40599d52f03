using AiLib.Dataflow.Providers.Estimates;
using CsCheck;

namespace AiLib.Dataflow.Providers.Tests.Estimates;

public sealed class EstimateCorrectionTests
{
    private static readonly TokenEstimate Estimate = new(1_000, 1_000);

    [Fact]
    public void Nothing_is_corrected_before_the_first_answer() => Assert.Equal(EstimateRatios.None, new EstimateCorrection().Ratios);

    [Theory]
    [InlineData(3.0)]
    [InlineData(1.5)]
    [InlineData(0.5)]
    [InlineData(1.0 / 3)]
    public void An_estimate_that_is_off_is_right_within_thirty_answers(double ratio)
    {
        var correction = new EstimateCorrection();

        Observe(correction, ratio, times: 30);

        Assert.InRange(correction.Ratios.Input, ratio * 0.94, ratio * 1.06);
        Assert.InRange(correction.Ratios.Output, ratio * 0.94, ratio * 1.06);
        Assert.InRange(correction.Ratios.Apply(Estimate).Input, 940 * ratio, 1_061 * ratio);
    }

    [Fact]
    public void Ratios_converge_whatever_the_noise()
    {
        // Noise of a fifth: what is learned must end within it, and a little that is still to be learned.
        Gen.Select(Gen.Double[1.0 / 3, 3], Gen.Double[0.8, 1.2].Array[48])
            .Sample((ratio, noise) =>
            {
                var correction = new EstimateCorrection();
                foreach (double factor in noise)
                {
                    Observe(correction, ratio * factor, times: 1);
                }

                return IsNear(correction.Ratios.Input, ratio) && IsNear(correction.Ratios.Output, ratio);
            });

        static bool IsNear(double learned, double ratio) => learned > ratio * 0.78 && learned < ratio * 1.22;
    }

    [Fact]
    public void Ratios_stay_within_their_bounds_whatever_is_observed()
    {
        Gen<long> tokens = Gen.OneOf(Gen.Long, Gen.Long[0, 10], Gen.OneOf(0L, 1L, -1L, long.MaxValue, long.MinValue));
        Gen.Select(tokens, tokens, tokens, tokens).Array[0, 100]
            .Sample(answers =>
            {
                var correction = new EstimateCorrection();
                foreach ((long input, long output, long realInput, long realOutput) in answers)
                {
                    EstimateRatios before = correction.Ratios;
                    correction.Observe(new TokenEstimate(input, output), new TokenUsage(realInput, realOutput));
                    EstimateRatios after = correction.Ratios;
                    if (after.Input is not (>= 0.25 and <= 4) || after.Output is not (>= EstimateCorrection.SmallestOutputRatio and <= 4)
                        || after.Input > before.Input * 1.126 || after.Input < before.Input * 0.937)
                    {
                        return false;
                    }
                }

                return true;
            });
    }

    [Fact]
    public void One_strange_answer_in_ten_changes_little()
    {
        var correction = new EstimateCorrection();
        for (int i = 0; i < 100; i++)
        {
            correction.Observe(Estimate, i % 10 == 5 ? new TokenUsage(1_000_000_000, 1_000_000_000) : new TokenUsage(1_000, 1_000));
        }

        Assert.InRange(correction.Ratios.Input, 1, 1.13);
        Assert.InRange(correction.Ratios.Output, 1, 1.13);
    }

    [Theory]
    [InlineData(0, 500)]
    [InlineData(1_000, 0)]
    [InlineData(-5, 500)]
    [InlineData(1_000, -5)]
    public void An_input_that_one_side_does_not_know_teaches_nothing(long estimated, long real)
    {
        var correction = new EstimateCorrection();

        correction.Observe(new TokenEstimate(estimated, 0), new TokenUsage(real, 50));

        Assert.Equal(EstimateRatios.None, correction.Ratios);
    }

    [Fact]
    public void An_empty_answer_is_an_answer()
    {
        var correction = new EstimateCorrection();

        correction.Observe(Estimate, new TokenUsage(1_000, 0));

        Assert.True(correction.Ratios.Output < 1);
        Assert.Equal(1, correction.Ratios.Input);
    }

    [Fact]
    public void No_answer_is_lost_between_threads()
    {
        // Every answer says the same, so their order does not matter and their number does.
        var together = new EstimateCorrection();
        var alone = new EstimateCorrection();
        Observe(alone, 3, times: 4 * 3);
        using var start = new Barrier(4);

        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            start.SignalAndWait();
            Observe(together, 3, times: 3);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Assert.Equal(alone.Ratios, together.Ratios);
    }

    private static void Observe(EstimateCorrection correction, double ratio, int times)
    {
        for (int i = 0; i < times; i++)
        {
            correction.Observe(Estimate, new TokenUsage((long)(1_000 * ratio), (long)(1_000 * ratio)));
        }
    }
}
