namespace AiLib.Dataflow.Threading;

/// <summary>A <see cref="TimeProvider"/> seen as a monotonic counter: all waiting inside the engine is arithmetic on its timestamps.</summary>
/// <remarks>Never the time of day, which jumps.</remarks>
internal sealed class Clock(TimeProvider timeProvider)
{
    /// <summary>A point in time that never comes.</summary>
    public const long Never = long.MaxValue;

    private readonly long _frequency = timeProvider.TimestampFrequency;

    // How many units make one tick of a time span, where that is a whole number, as with every clock in use; else 0.
    private readonly long _unitsPerTick =
        timeProvider.TimestampFrequency % TimeSpan.TicksPerSecond == 0 ? timeProvider.TimestampFrequency / TimeSpan.TicksPerSecond : 0;

    /// <summary>Where the time comes from.</summary>
    public TimeProvider TimeProvider { get; } = timeProvider;

    /// <summary>Timestamp units per second.</summary>
    public long Frequency => _frequency;

    /// <summary>Now, in timestamp units.</summary>
    public long Now => TimeProvider.GetTimestamp();

    /// <summary>The timestamp that lies <paramref name="duration"/> after <paramref name="start"/>, rounded up; <see cref="Never"/> when it is out of range.</summary>
    public long After(long start, TimeSpan duration) => After(start, ToUnits(duration));

    /// <summary>The timestamp that lies so many units after <paramref name="start"/>; <see cref="Never"/> when it is out of range.</summary>
    public static long After(long start, long units) => units > Never - start ? Never : start + units;

    /// <summary>A duration in timestamp units, rounded up, at least 0.</summary>
    public long ToUnits(TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero)
        {
            return 0;
        }

        Int128 scaled = (Int128)duration.Ticks * _frequency;
        Int128 units = (scaled + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
        return units > Never ? Never : (long)units;
    }

    /// <summary>Timestamp units as a duration, rounded up: whoever waits that long does not come too early.</summary>
    public TimeSpan ToTimeSpan(long units)
    {
        if (units <= 0)
        {
            return TimeSpan.Zero;
        }

        if (_unitsPerTick > 0)
        {
            return new TimeSpan(((units - 1) / _unitsPerTick) + 1);
        }

        Int128 ticks = (((Int128)units * TimeSpan.TicksPerSecond) + _frequency - 1) / _frequency;
        return ticks > TimeSpan.MaxValue.Ticks ? TimeSpan.MaxValue : new TimeSpan((long)ticks);
    }

    /// <summary>The time from <paramref name="now"/> until <paramref name="due"/>; zero when it is past.</summary>
    public TimeSpan Until(long due, long now) => due == Never ? TimeSpan.MaxValue : ToTimeSpan(due - now);
}
