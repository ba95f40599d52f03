using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>How often a usual thing and a rare thing happened in the last while, in ten buckets that wrap around. Pure arithmetic; the caller brings the time.</summary>
/// <remarks>
/// A cell holds the number of its time slice and a count, so a cell of a slice long past starts again at one. Thread-safe without a lock, but for the rare thing, which
/// needs the caller's: the usual one, such as an answer, is counted by each thread for itself.
/// </remarks>
/// <param name="length">How long the window is, in timestamp units.</param>
/// <param name="table">The table that the usual thing is counted in.</param>
/// <param name="first">The first of <see cref="Buckets"/> columns.</param>
internal sealed class SlidingCounts(long length, CounterTable table, int first)
{
    /// <summary>How many time slices a window has, and how many columns it needs.</summary>
    public const int Buckets = 10;

    private readonly long _sliceLength = Math.Max(1, length / Buckets);

    // Each the number of a time slice in the upper half, a count in the lower. Written under the caller's lock.
    private readonly long[] _rare = new long[Buckets];

    // The newest slice in which something was counted. Moves forward only, but for a moment in which two write it.
    private long _newest;

    // A whole window for each time that everything was forgotten: it moves all slices on, so what was counted before is long past at once.
    private long _forgotten;

    /// <summary>Counts the usual thing.</summary>
    public void CountUsual(long now, CounterRow row)
    {
        long slice = SliceOf(now);
        row.CountInSlice(first + (int)(slice % Buckets), (int)slice);
    }

    /// <summary>Counts the rare thing. Needs the caller's lock.</summary>
    public void CountRare(long now)
    {
        long slice = SliceOf(now);
        ref long cell = ref _rare[slice % Buckets];
        Volatile.Write(ref cell, cell >> 32 == (int)slice ? cell + 1 : (slice << 32) | 1);
    }

    /// <summary>What is in the window that ends now.</summary>
    public WindowCounts Read(long now)
    {
        SliceOf(now);
        return Read();
    }

    /// <summary>What is in the window that ends with the newest of what was counted.</summary>
    public WindowCounts Read()
    {
        int newest = (int)Volatile.Read(ref _newest);
        int rare = 0;
        int usual = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            rare += CountOf(Volatile.Read(ref _rare[bucket]), newest);
            foreach (long cell in table.Column(first + bucket))
            {
                usual += CountOf(cell, newest);
            }
        }

        return new WindowCounts(usual, rare);
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

/// <summary>What <see cref="SlidingCounts"/> hold.</summary>
/// <param name="Usual">How often the usual thing happened.</param>
/// <param name="Rare">How often the rare thing happened.</param>
internal readonly record struct WindowCounts(int Usual, int Rare)
{
    /// <summary>Both.</summary>
    public int All => Usual + Rare;
}
