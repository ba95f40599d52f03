namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>How an <see cref="AimdLimit"/> moves. Printing it shows its values.</summary>
public sealed record AimdLimitOptions
{
    /// <summary>The limit at the beginning. Default: 20.</summary>
    public int Initial { get; set; } = 20;

    /// <summary>The limit never falls below it. Default: 1.</summary>
    public int Min { get; set; } = 1;

    /// <summary>The limit never grows beyond it. Default: 1,000.</summary>
    public int Max { get; set; } = 1_000;

    /// <summary>What a burst of rejections leaves of the limit. Default: 0.8; data-designer uses 0.75, Inspect 0.8, TCP CUBIC 0.7.</summary>
    public double CutRatio { get; set; } = 0.8;

    /// <summary>By which share of itself the limit grows in a round trip, but at least by 1. Default: 0.05, as Inspect does.</summary>
    public double Growth { get; set; } = 0.05;

    internal LimitRange Range => new(Initial, Min, Max);

    internal void Check(SettingsCheck check)
    {
        Range.Check(check, "AimdLimit");
        check.Range("AimdLimit.CutRatio", CutRatio, 0.1, 0.99);
        check.Range("AimdLimit.Growth", Growth, 0.0, 1.0);
    }
}
