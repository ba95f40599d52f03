namespace AiLib.Dataflow;

/// <summary>What a target says about one of its quotas. Everything but the dimension may be unknown.</summary>
/// <param name="Dimension">What is counted.</param>
/// <param name="Window">The length of the window in which it is counted; null when that was not told.</param>
/// <param name="Limit">How much the window allows; null when that was not told.</param>
/// <param name="Remaining">How much of it is left; null when that was not told.</param>
/// <param name="FullIn">
/// How long until all of it is there again; null when that was not told. Not a wait: some of it is there earlier.
/// </param>
/// <remarks>A negative value counts as unknown. A value of 40 bytes, free to copy and to share between threads.</remarks>
public readonly record struct QuotaReading(QuotaDimension Dimension, TimeSpan? Window, long? Limit, long? Remaining, TimeSpan? FullIn)
{
    // Complements, so that zero says that it is unknown: four nullable values would take twice the room.
    private readonly long _window = Pack(Window?.Ticks);
    private readonly long _limit = Pack(Limit);
    private readonly long _remaining = Pack(Remaining);
    private readonly long _fullIn = Pack(FullIn?.Ticks);

    /// <summary>The length of the window in which it is counted; null when that was not told.</summary>
    public TimeSpan? Window
    {
        get => Time(_window);
        init => _window = Pack(value?.Ticks);
    }

    /// <summary>How much the window allows; null when that was not told.</summary>
    public long? Limit
    {
        get => Unpack(_limit);
        init => _limit = Pack(value);
    }

    /// <summary>How much of it is left; null when that was not told.</summary>
    public long? Remaining
    {
        get => Unpack(_remaining);
        init => _remaining = Pack(value);
    }

    /// <summary>How long until all of it is there again; null when that was not told. Not a wait: some of it is there earlier.</summary>
    public TimeSpan? FullIn
    {
        get => Time(_fullIn);
        init => _fullIn = Pack(value?.Ticks);
    }

    private static long Pack(long? value) => value is >= 0 and { } known ? ~known : 0;

    private static long? Unpack(long packed) => packed == 0 ? null : ~packed;

    private static TimeSpan? Time(long packed) => packed == 0 ? null : TimeSpan.FromTicks(~packed);
}
