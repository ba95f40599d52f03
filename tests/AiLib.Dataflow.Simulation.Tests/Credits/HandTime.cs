namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>Time that is moved by hand, in units as fine or as coarse as some clock has them.</summary>
internal sealed class HandTime(long frequency) : TimeProvider
{
    /// <summary>The timestamp.</summary>
    public long Now { get; set; }

    public override long TimestampFrequency => frequency;

    public override long GetTimestamp() => Now;
}
