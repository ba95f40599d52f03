using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Tests.Capacity.Limits;

public sealed class LimitOptionsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_000_001)]
    public void A_fixed_limit_out_of_range_is_refused(int limit) => Assert.Throws<ArgumentOutOfRangeException>(() => new FixedLimit(limit));

    [Fact]
    public void Every_option_out_of_range_is_named_with_its_value()
    {
        AdaptiveLimitOptions options = new() { Initial = 0, Min = -1, Max = 2_000_000, CutRatio = 0.2, Growth = -1, MinimumGain = double.NaN, ProbeAfter = 0 };

        ConfigurationException error = Assert.Throws<ConfigurationException>(() => new AdaptiveLimit(options));

        Assert.All(
            ["Initial is 0", "Min is -1", "Max is 2000000", "CutRatio is 0.2", "Growth is -1", "MinimumGain is NaN", "ProbeAfter is 0"],
            text => Assert.Contains("AdaptiveLimit." + text, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_range_upside_down_names_both_options()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => new AdaptiveLimit(new AdaptiveLimitOptions { Min = 30, Max = 20 }));

        Assert.Contains("AdaptiveLimit.Min (30) is greater than AdaptiveLimit.Max (20)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(30, 100)]
    public void A_beginning_outside_the_range_is_refused(int min, int max) =>
        Assert.Contains(
            "AdaptiveLimit.Initial (20) lies outside",
            Assert.Throws<ConfigurationException>(() => new AdaptiveLimit(new AdaptiveLimitOptions { Min = min, Max = max })).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_other_limits_check_their_options_too()
    {
        Assert.Throws<ConfigurationException>(() => new AimdLimit(new AimdLimitOptions { CutRatio = 1 }));
        Assert.Throws<ConfigurationException>(() => new AimdLimit(new AimdLimitOptions { Growth = 2 }));
        Assert.Throws<ConfigurationException>(() => new GradientLimit(new GradientLimitOptions { Tolerance = 0.5 }));
        Assert.Throws<ConfigurationException>(() => new GradientLimit(new GradientLimitOptions { Smoothing = 0 }));
        Assert.Throws<ConfigurationException>(() => new GradientLimit(new GradientLimitOptions { LongWindow = 0 }));
    }
}
