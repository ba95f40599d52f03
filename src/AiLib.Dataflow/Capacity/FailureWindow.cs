using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>Successes and failures of the last while, in ten buckets that wrap around. Pure arithmetic; the caller brings the time.</summary>
/// <remarks>
/// Thread-safe, without a lock: a cell holds the number of its time slice and a count, and both move in one compare-exchange, so a cell of a slice long
/// past starts again at one. Successes, which come with every answer, are counted in a row of cells for each processor. <see cref="Clear"/> may miss what
/// is being added at that moment.
/// </remarks>
internal sealed class FailureWindow(long length)
{
    private const int Buckets = 10;

    // A row of cells, padded to two cache lines.
    private const int Stride = 16;

    private static readonly int Rows = Math.Clamp(Environment.ProcessorCount, 1, 16);

    private readonly long _bucketLength = Math.Max(1, length / Buckets);

    // Each the number of a time slice in the upper half, a count in the lower. One row for failures; the others, from one stride on, for successes.
    private readonly long[] _failures = new long[Buckets];
    private readonly long[] _successes = new long[(Rows + 1) * Stride];

    // The newest time slice in which something was counted. Moves forward only, but for a moment in which two write it.
    private long _newest;

    /// <summary>Counts one call.</summary>
    public void Add(bool failed, Moment now)
    {
        long slice = now.Timestamp / _bucketLength;
        if (slice > Volatile.Read(ref _newest))
        {
            Volatile.Write(ref _newest, slice);
        }

        int bucket = (int)(slice % Buckets);
        Count(ref failed ? ref _failures[bucket] : ref _successes[RowOf(now.Processor) + bucket], slice);
    }

    /// <summary>What is in the window that ends with the newest call.</summary>
    public WindowCounts Read()
    {
        long newest = Volatile.Read(ref _newest);
        int failures = Sum(_failures, first: 0, newest);
        int successes = 0;
        for (int row = 0; row < Rows; row++)
        {
            successes += Sum(_successes, RowOf(row), newest);
        }

        return new WindowCounts(successes, failures);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_failures);
        Array.Clear(_successes);
    }

    private static int RowOf(int processor) => ((processor % Rows) + 1) * Stride;

    private static void Count(ref long cell, long slice)
    {
        while (true)
        {
            long seen = Volatile.Read(ref cell);
            long next = seen >> 32 == (int)slice ? seen + 1 : (slice << 32) | 1;
            if (Interlocked.CompareExchange(ref cell, next, seen) == seen)
            {
                return;
            }
        }
    }

    private static int Sum(long[] cells, int first, long newest)
    {
        int sum = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            long cell = Volatile.Read(ref cells[first + bucket]);
            sum += (uint)((int)newest - (int)(cell >> 32)) < Buckets ? (int)cell : 0;
        }

        return sum;
    }
}

/// <summary>What a <see cref="FailureWindow"/> holds.</summary>
/// <param name="Successes">Calls that succeeded.</param>
/// <param name="Failures">Calls that failed.</param>
internal readonly record struct WindowCounts(int Successes, int Failures)
{
    /// <summary>All of them.</summary>
    public int Calls => Successes + Failures;
}
