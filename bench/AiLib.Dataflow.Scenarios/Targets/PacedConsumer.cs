namespace AiLib.Dataflow.Scenarios.Targets;

/// <summary>Takes one answer a millisecond; looks at the heap now and then.</summary>
/// <remarks>
/// Paced by the clock, because a timer may ring several milliseconds late: then the next answers are taken at once. For one caller; <see cref="Taken"/>
/// may be read by others.
/// </remarks>
internal sealed class PacedConsumer(int answers)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(1);

    private readonly long _heapBefore = GC.GetTotalMemory(forceFullCollection: true);
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private int _taken;

    /// <summary>How many answers it has taken.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>The sum of the answers.</summary>
    public long Sum { get; private set; }

    /// <summary>How much more than before was on the heap when there was most, in bytes.</summary>
    public long HeapGrowth { get; private set; }

    /// <summary>Takes one.</summary>
    public async ValueTask TakeAsync(byte[] answer)
    {
        Sum += PayloadTarget.Read(answer);
        Volatile.Write(ref _taken, _taken + 1);
        if (_taken % (answers / 10) == 1)
        {
            HeapGrowth = Math.Max(HeapGrowth, GC.GetTotalMemory(forceFullCollection: true) - _heapBefore);
        }

        TimeSpan ahead = (Pace * _taken) - TimeProvider.System.GetElapsedTime(_began);
        if (ahead > TimeSpan.Zero)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(ahead.TotalMilliseconds)));
        }
    }
}
