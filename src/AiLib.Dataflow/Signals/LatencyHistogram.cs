using System.Numerics;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Signals;

/// <summary>Counts durations in buckets whose width grows with the duration: any quantile to within 1/16, from one unit of the clock to days, in 6 KB for each processor.</summary>
/// <remarks>
/// Log-linear buckets, as in HdrHistogram: the highest bit gives the group, the next four bits the bucket in it. Thread-safe: one interlocked addition to
/// record; a reading misses at most what is recorded meanwhile. Durations are counted in the clock's own units: turning them into time is the reader's work.
/// </remarks>
internal sealed class LatencyHistogram(Clock clock)
{
    private const int SubBits = 4;
    private const int SubBuckets = 1 << SubBits;

    // With a clock that counts nanoseconds the last group ends after 26 days.
    private const int Groups = 48;

    private const int Buckets = Groups * SubBuckets;

    // A set of buckets for each processor, up to four: they are written at the end of every request.
    private static readonly int Stripes = Math.Clamp(Environment.ProcessorCount, 1, 4);

    private readonly long[] _counts = new long[Buckets * Stripes];
    private long _longest;

    /// <summary>Counts one duration.</summary>
    /// <param name="units">How long, in the clock's units; less than none counts as none.</param>
    /// <param name="processor">The processor that this runs on, as far as one knows.</param>
    public void Record(long units, int processor)
    {
        units = Math.Max(0, units);
        Interlocked.Increment(ref _counts[(Buckets * (processor % Stripes)) + BucketOf(units)]);
        long longest = Volatile.Read(ref _longest);
        while (units > longest)
        {
            longest = Interlocked.CompareExchange(ref _longest, units, longest) is var seen && seen == longest ? units : seen;
        }
    }

    /// <summary>The quantiles of all that was recorded.</summary>
    public LatencyQuantiles Read()
    {
        long[] counts = new long[Buckets];
        long total = 0;
        for (int stripe = 0; stripe < Stripes; stripe++)
        {
            ReadOnlySpan<long> row = _counts.AsSpan(stripe * Buckets, Buckets);
            for (int index = 0; index < row.Length; index++)
            {
                counts[index] += row[index];
            }
        }

        foreach (long count in counts)
        {
            total += count;
        }

        long longest = Volatile.Read(ref _longest);
        long passed = 0;
        int bucket = 0;
        return new LatencyQuantiles(total, Next(0.50), Next(0.90), Next(0.99), Next(0.999), clock.ToTimeSpan(longest));

        // Goes on from the quantile before.
        TimeSpan Next(double quantile)
        {
            long rank = (long)Math.Ceiling(quantile * total);
            while (passed < rank)
            {
                passed += counts[bucket++];
            }

            return rank == 0 ? TimeSpan.Zero : clock.ToTimeSpan(Math.Min(UpperEdgeOf(bucket - 1), longest));
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
