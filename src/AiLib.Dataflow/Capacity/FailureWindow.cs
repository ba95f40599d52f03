using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>Successes and failures of the last while, in ten buckets that wrap around. Pure arithmetic; the caller brings the time.</summary>
/// <remarks>
/// A cell holds the number of its time slice and a count, so a cell of a slice long past starts again at one. Thread-safe without a lock, but for failures, which
/// need the caller's: successes, which come with every answer, are counted by each thread for itself.
/// </remarks>
/// <param name="length">How long the window is, in timestamp units.</param>
/// <param name="table">The table that successes are counted in.</param>
/// <param name="first">The first of <see cref="Buckets"/> columns.</param>
internal sealed class FailureWindow(long length, CounterTable table, int first)
{
    /// <summary>How many time slices a window has, and how many columns it needs.</summary>
    public const int Buckets = 10;

    private readonly long _sliceLength = Math.Max(1, length / Buckets);

    // Each the number of a time slice in the upper half, a count in the lower. Written under the caller's lock.
    private readonly long[] _failures = new long[Buckets];

    // The newest slice in which something was counted. Moves forward only, but for a moment in which two write it.
    private long _newest;

    // A whole window for each time that everything was forgotten: it moves all slices on, so what was counted before is long past at once.
    private long _forgotten;

    /// <summary>Counts a call that succeeded.</summary>
    public void AddSuccess(long now, CounterRow row)
    {
        long slice = SliceOf(now);
        row.CountInSlice(first + (int)(slice % Buckets), (int)slice);
    }

    /// <summary>Counts a call that failed. Needs the caller's lock.</summary>
    public void AddFailure(long now)
    {
        long slice = SliceOf(now);
        ref long cell = ref _failures[slice % Buckets];
        Volatile.Write(ref cell, cell >> 32 == (int)slice ? cell + 1 : (slice << 32) | 1);
    }

    /// <summary>What is in the window that ends with the newest call.</summary>
    public WindowCounts Read()
    {
        int newest = (int)Volatile.Read(ref _newest);
        int failures = 0;
        int successes = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            failures += CountOf(Volatile.Read(ref _failures[bucket]), newest);
            foreach (long cell in table.Column(first + bucket))
            {
                successes += CountOf(cell, newest);
            }
        }

        return new WindowCounts(successes, failures);
    }

    /// <summary>Forgets everything but what is being added at this moment. Needs the caller's lock.</summary>
    public void Clear()
    {
        Volatile.Write(ref _forgotten, _forgotten + Buckets);
        Volatile.Write(ref _newest, Volatile.Read(ref _newest) + Buckets);
    }

    private long SliceOf(long now)
    {
        long slice = (now / _sliceLength) + Volatile.Read(ref _forgotten);
        if (slice > Volatile.Read(ref _newest))
        {
            Volatile.Write(ref _newest, slice);
        }

        return slice;
    }

    private static int CountOf(long cell, int newest) => (uint)(newest - (int)(cell >> 32)) < Buckets ? (int)cell : 0;
}

/// <summary>What a <see cref="FailureWindow"/> holds.</summary>
/// <param name="Successes">Calls that succeeded.</param>
/// <param name="Failures">Calls that failed.</param>
internal readonly record struct WindowCounts(int Successes, int Failures)
{
    /// <summary>All of them.</summary>
    public int Calls => Successes + Failures;
}
