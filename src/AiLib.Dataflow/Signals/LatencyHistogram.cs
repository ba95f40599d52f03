using System.Numerics;

namespace AiLib.Dataflow.Signals;

/// <summary>Counts durations in buckets whose width grows with the duration: any quantile to within 1/16, from a microsecond to days, in 5 KB.</summary>
/// <remarks>
/// Log-linear buckets, as in HdrHistogram: the highest bit gives the group, the next four bits the bucket in it. Thread-safe: one interlocked addition to
/// record; a reading misses at most what is recorded meanwhile.
/// </remarks>
internal sealed class LatencyHistogram
{
    private const int SubBits = 4;
    private const int SubBuckets = 1 << SubBits;
    private const int Groups = 40;

    private readonly long[] _counts = new long[Groups * SubBuckets];
    private long _longest;

    /// <summary>Counts one duration.</summary>
    public void Record(TimeSpan duration)
    {
        long microseconds = Math.Max(0, duration.Ticks / TimeSpan.TicksPerMicrosecond);
        Interlocked.Increment(ref _counts[BucketOf(microseconds)]);
        long longest = Volatile.Read(ref _longest);
        while (microseconds > longest)
        {
            longest = Interlocked.CompareExchange(ref _longest, microseconds, longest) is var seen && seen == longest ? microseconds : seen;
        }
    }

    /// <summary>The quantiles of all that was recorded.</summary>
    public LatencyQuantiles Read()
    {
        long[] counts = new long[_counts.Length];
        long total = 0;
        for (int bucket = 0; bucket < counts.Length; bucket++)
        {
            total += counts[bucket] = Volatile.Read(ref _counts[bucket]);
        }

        TimeSpan longest = TimeSpan.FromMicroseconds(Volatile.Read(ref _longest));
        return new LatencyQuantiles(
            total, At(0.50), At(0.90), At(0.99), At(0.999), longest);

        TimeSpan At(double quantile)
        {
            long rank = (long)Math.Ceiling(quantile * total);
            long passed = 0;
            for (int bucket = 0; bucket < counts.Length; bucket++)
            {
                passed += counts[bucket];
                if (rank > 0 && passed >= rank)
                {
                    TimeSpan upper = TimeSpan.FromMicroseconds(UpperEdgeOf(bucket));
                    return upper < longest ? upper : longest;
                }
            }

            return TimeSpan.Zero;
        }
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
        return Math.Min(bucket, (Groups * SubBuckets) - 1);
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
