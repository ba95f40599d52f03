namespace AiLib.Dataflow;

/// <summary>The settings of a whole pipeline. Printing it shows its values.</summary>
public sealed record PipelineOptions
{
    /// <summary>How long disposing waits for running requests before it cancels them. Default: 30 s.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A target that is cooled for longer than this counts as unavailable: its requests go to another target, or are held or refused
    /// (<see cref="RequestOptions.WhenUnavailable"/>). Default: 1 s.
    /// </summary>
    public TimeSpan HoldTolerance { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Makes the jitter repeatable. Default: none, unpredictable.</summary>
    public long? Seed { get; set; }

    /// <summary>
    /// Gives a call a second attempt at another target when the first takes long. Costs extra requests, so only for calls that may be asked twice. Default: null, no hedging.
    /// </summary>
    public HedgingOptions? Hedging { get; set; }

    /// <summary>A copy that shares nothing with this one.</summary>
    internal PipelineOptions Copy() => this with { Hedging = Hedging is null ? null : Hedging with { } };

    internal void Check(SettingsCheck check)
    {
        Hedging?.Check(check);
        check.Range(nameof(DrainTimeout), DrainTimeout, TimeSpan.Zero, TimeSpan.FromDays(1));
        check.Range(nameof(HoldTolerance), HoldTolerance, TimeSpan.Zero, TimeSpan.FromDays(1));
    }
}
