using System.Numerics;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Signals;

/// <summary>Counts durations in buckets whose width grows with the duration: any quantile to within 1/16, from one unit of the clock to days, in 6 KB for each thread.</summary>
/// <remarks>
/// Log-linear buckets, as in HdrHistogram: the highest bit gives the group, the next four bits the bucket in it. Thread-safe: each thread counts in a row of
/// its own; a reading misses at most what is recorded meanwhile. Durations are counted in the clock's own units: turning them into time is the reader's work.
/// </remarks>
/// <param name="table">The table that it counts in.</param>
/// <param name="first">Its first column.</param>
/// <param name="clock">The clock whose units are counted.</param>
internal sealed class LatencyHistogram(CounterTable table, int first, Clock clock)
{
    private const int SubBits = 4;
    private const int SubBuckets = 1 << SubBits;

    // With a clock that counts nanoseconds the last group ends after 26 days.
    private const int Groups = 48;

    private const int Buckets = Groups * SubBuckets;

    /// <summary>How many columns it needs.</summary>
    public const int Columns = Buckets;

    private long _longest;

    /// <summary>Counts one duration.</summary>
    /// <param name="units">How long, in the clock's units; less than none counts as none.</param>
    /// <param name="row">This thread's row of the table.</param>
    public void Record(long units, CounterRow row)
    {
        units = Math.Max(0, units);
        row.Add(first + BucketOf(units));
        long longest = Volatile.Read(ref _longest);
        while (units > longest)
        {
            longest = Interlocked.CompareExchange(ref _longest, units, longest) is var seen && seen == longest ? units : seen;
        }
    }

    /// <summary>The quantiles of all that was recorded.</summary>
    public LatencyQuantiles Read() => Take().Quantiles;

    /// <summary>All that was recorded.</summary>
    public LatencyDistribution Take()
    {
        Span<long> counts = stackalloc long[Buckets];
        counts.Clear();
        table.AddTo(counts, first);
        return new LatencyDistribution(counts, Volatile.Read(ref _longest), clock);
    }

    /// <summary>The bucket of a value. Values below 16 have one each.</summary>
    internal static int BucketOf(long value)
    {
        if (value < SubBuckets)
        {
            return (int)value;
        }

        int shift = BitOperations.Log2((ulong)value) - SubBits;
        int bucket = ((shift + 1) << SubBits) + (int)((value >> shift) - SubBuckets);
        return Math.Min(bucket, Buckets - 1);
    }

    /// <summary>The largest value of a bucket.</summary>
    internal static long UpperEdgeOf(int bucket)
    {
        if (bucket < SubBuckets)
        {
            return bucket;
        }

        int shift = (bucket >> SubBits) - 1;
        long mantissa = (bucket & (SubBuckets - 1)) + SubBuckets;
        return ((mantissa + 1) << shift) - 1;
    }
}
