using System.Runtime.InteropServices;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>What every call at one target writes: credits and permits, on a cache line that holds nothing else.</summary>
/// <remarks>
/// Where two processors call the same target, this line is what they pass to and fro, and each pass costs more than all the arithmetic. So the rate limiter and the
/// in-flight limiter of a lane share one: the credits' lock brings the line, and the permit is on it. Nothing that is only read lies here, because looking at it
/// would move the line once more. Used alone, each has one of its own.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal sealed class CapacityState
{
    /// <summary>Guards the credits.</summary>
    [FieldOffset(64)]
    public EditionLock Sync;

    /// <summary>The timestamp up to which credits have flowed in.</summary>
    [FieldOffset(72)]
    public long FilledAt;

    /// <summary>Level of the requests a second.</summary>
    [FieldOffset(80)]
    public Int128 Second;

    /// <summary>Level of the requests a minute.</summary>
    [FieldOffset(96)]
    public Int128 Minute;

    /// <summary>Level of the LLM tokens a minute.</summary>
    [FieldOffset(112)]
    public Int128 Tokens;

    /// <summary>Permits, moved by interlocked operations.</summary>
    [FieldOffset(128)]
    public int InFlight;
}
