namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>How a <see cref="GradientLimit"/> moves. Printing it shows its values.</summary>
public sealed record GradientLimitOptions
{
    /// <summary>The limit at the beginning. Default: 20.</summary>
    public int Initial { get; set; } = 20;

    /// <summary>The limit never falls below it. Default: 1.</summary>
    public int Min { get; set; } = 1;

    /// <summary>The limit never grows beyond it. Default: 1,000.</summary>
    public int Max { get; set; } = 1_000;

    /// <summary>How many times its long-term value the latency may be before the limit shrinks. Default: 1.5, as in Netflix's Gradient2.</summary>
    public double Tolerance { get; set; } = 1.5;

    /// <summary>How much of a computed change is made at once. Default: 0.2, as in Netflix's Gradient2.</summary>
    public double Smoothing { get; set; } = 0.2;

    /// <summary>Over how many round trips the long-term latency is averaged. Default: 100.</summary>
    public int LongWindow { get; set; } = 100;

    /// <summary>What a burst of rejections leaves of the limit. Default: 0.8.</summary>
    public double CutRatio { get; set; } = 0.8;

    internal LimitRange Range => new(Initial, Min, Max);

    internal void Check(SettingsCheck check)
    {
        Range.Check(check, "GradientLimit");
        check.Range("GradientLimit.Tolerance", Tolerance, 1.0, 100.0);
        check.Range("GradientLimit.Smoothing", Smoothing, 0.01, 1.0);
        check.Range("GradientLimit.LongWindow", LongWindow, 1, 1_000_000);
        check.Range("GradientLimit.CutRatio", CutRatio, 0.1, 0.99);
    }
}
