namespace AiLib.Dataflow.Simulator.Timing;

/// <summary>Time since the start of the server, in whole ticks of 100 ns, and the wall clock for headers.</summary>
internal sealed class SimulatorClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>The source of both clocks, for timers.</summary>
    public TimeProvider Provider => time;

    /// <summary>Ticks since the start.</summary>
    public long Now
    {
        get
        {
            // In 128 bits and whole numbers: a limit must not drift because a server has been up for a year.
            Int128 elapsed = time.GetTimestamp() - _start;
            return (long)(elapsed * TimeSpan.TicksPerSecond / time.TimestampFrequency);
        }
    }

    /// <summary>The wall clock, for headers that carry a date.</summary>
    public DateTimeOffset UtcNow => time.GetUtcNow();
}
