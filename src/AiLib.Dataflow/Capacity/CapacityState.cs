using System.Runtime.InteropServices;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>What every call at one target writes: credits and permits, on two neighbouring cache lines that hold nothing else.</summary>
/// <remarks>
/// Where two processors call the same target, these lines are what they pass to and fro, and each pass costs more than all the arithmetic. So the rate limiter and the
/// in-flight limiter of a lane share them: the credits' lock brings the first, and what was taken is counted beside the permits. Nothing that is only read lies here,
/// because looking at it would move a line once more. Used alone, each has one of its own. Behind them lies what is touched only where there are limits that few targets have.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 320)]
internal sealed class CapacityState
{
    /// <summary>Guards the credits and all below but the permits.</summary>
    [FieldOffset(64)]
    public EditionLock Sync;

    /// <summary>The timestamp up to which credits have flowed in.</summary>
    [FieldOffset(72)]
    public long FilledAt;

    /// <summary>The credits.</summary>
    [FieldOffset(80)]
    public CreditLevels Levels;

    /// <summary>Permits, moved by interlocked operations.</summary>
    [FieldOffset(128)]
    public int InFlight;

    /// <summary>How many requests have ever taken credits; those of the time in which nothing was limited are not counted.</summary>
    [FieldOffset(136)]
    public long Taken;

    /// <summary>How many token credits they took. May wrap around: only differences are used.</summary>
    [FieldOffset(144)]
    public long TakenTokens;

    /// <summary>When the attempt began that brought the newest news about requests.</summary>
    [FieldOffset(152)]
    public long RequestsToldAt;

    /// <summary>When the attempt began that brought the newest news about tokens.</summary>
    [FieldOffset(160)]
    public long TokensToldAt;

    /// <summary>The credits of the limits that few targets have.</summary>
    [FieldOffset(192)]
    public FurtherLevels Further;

    /// <summary>The timestamp up to which those have flowed in; never later than <see cref="FilledAt"/>.</summary>
    [FieldOffset(256)]
    public long FurtherFilledAt;

    /// <summary>How many credits for input were ever taken. May wrap around: only differences are used.</summary>
    [FieldOffset(264)]
    public long TakenInput;

    /// <summary>How many credits for output, likewise.</summary>
    [FieldOffset(272)]
    public long TakenOutput;

    /// <summary>When the attempt began that brought the newest news about input tokens.</summary>
    [FieldOffset(280)]
    public long InputToldAt;

    /// <summary>When the attempt began that brought the newest news about output tokens.</summary>
    [FieldOffset(288)]
    public long OutputToldAt;
}
