namespace AiLib.Dataflow.Capacity;

/// <summary>How many attempts may be in flight at one target. Printing it shows its values.</summary>
public sealed record BackpressureOptions
{
    /// <summary>The most attempts in flight; 0 means no limit. Default: 50.</summary>
    public int MaxInflight { get; set; } = 50;

    internal void Check(SettingsCheck check) => check.Range("Backpressure.MaxInflight", MaxInflight, 0, 1_000_000);
}
