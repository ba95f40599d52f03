namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>How an <see cref="AdaptiveLimit"/> moves. The defaults fit most targets. Printing it shows its values.</summary>
public sealed record AdaptiveLimitOptions
{
    /// <summary>The limit at the beginning. Default: 20.</summary>
    public int Initial { get; set; } = 20;

    /// <summary>The limit never falls below it. Default: 1.</summary>
    public int Min { get; set; } = 1;

    /// <summary>The limit never grows beyond it. Default: 1,000.</summary>
    public int Max { get; set; } = 1_000;

    /// <summary>
    /// What a burst of rejections leaves of the limit, at most, until all that was in flight has ended; then the limit is what was not rejected. Cuts that do
    /// not end the rejections are taken back: a target that rejects up to 40 % of attempts however few there are is not made faster by fewer. Default: 0.8; data-designer uses 0.75, Inspect 0.8, TCP CUBIC 0.7.
    /// </summary>
    public double CutRatio { get; set; } = 0.8;

    /// <summary>By which share of itself the limit grows in a round after a cut, but at least by 1. Default: 0.05, as Inspect does.</summary>
    public double Growth { get; set; } = 0.05;

    /// <summary>
    /// How much of a higher limit must arrive as more answers for the limit to be worth it: with 0.22, ten per cent more in flight must bring 2.2 % more
    /// answers. This is what stops growth at a target that slows down instead of rejecting. Higher means shorter queues there, lower a little more
    /// throughput. Default: 0.22. A target with latency = base × (1 + in flight ÷ K) then gets about 4 K; one whose latency is flat up to K gets 1.3 K
    /// to 1.8 K.
    /// </summary>
    public double MinimumGain { get; set; } = 0.22;

    /// <summary>
    /// After how many answers at the remembered ceiling one attempt more is tried. A probe that fails costs about one rejection, so this bounds the
    /// share of rejections in the long run. Where a share is rejected anyway it takes more of them to see that a probe has failed, and probes are rarer in
    /// proportion. Default: 300, which is 0.33 %.
    /// </summary>
    public int ProbeAfter { get; set; } = 300;

    internal LimitRange Range => new(Initial, Min, Max);

    internal void Check(SettingsCheck check)
    {
        Range.Check(check, "AdaptiveLimit");
        check.Range("AdaptiveLimit.CutRatio", CutRatio, 0.5, 0.99);
        check.Range("AdaptiveLimit.Growth", Growth, 0.0, 1.0);
        check.Range("AdaptiveLimit.MinimumGain", MinimumGain, 0.05, 0.45);
        check.Range("AdaptiveLimit.ProbeAfter", ProbeAfter, 1, 1_000_000_000);
    }
}
