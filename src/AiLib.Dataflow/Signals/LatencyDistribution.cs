using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Signals;

/// <summary>How long things took, as counts: the difference of two is what was counted between them, the sum of two is both.</summary>
/// <remarks>
/// Quantiles cannot be subtracted or added; this can. Any quantile is right to within 1/16 of the duration. Immutable, so thread-safe. About 2 KB where durations
/// are within a factor of a thousand of each other, at most 6 KB.
/// </remarks>
public sealed class LatencyDistribution
{
    // Buckets of LatencyHistogram, from the first to the last that is not empty.
    private readonly int _first;
    private readonly long[] _counts;
    private readonly long _longest;
    private readonly Clock _clock;

    /// <param name="counts">A count for each bucket of a <see cref="LatencyHistogram"/>.</param>
    /// <param name="longest">The longest duration, in the clock's units; a larger one than was counted is of no harm.</param>
    /// <param name="clock">The clock whose units are counted.</param>
    internal LatencyDistribution(ReadOnlySpan<long> counts, long longest, Clock clock)
    {
        int first = counts.IndexOfAnyExcept(0L);
        _first = Math.Max(first, 0);
        _counts = first < 0 ? [] : counts[first..(counts.LastIndexOfAnyExcept(0L) + 1)].ToArray();
        _longest = longest;
        _clock = clock;
    }

    /// <summary>How many were counted.</summary>
    public long Count => _counts.Sum();

    /// <summary>The quantiles of all that was counted.</summary>
    public LatencyQuantiles Quantiles
    {
        get
        {
            long total = Count;
            long passed = 0;
            int bucket = 0;
            LatencyQuantiles quantiles = new(total, Next(0.50), Next(0.90), Next(0.99), Next(0.999), Next(1.0));
            return quantiles;

            // Goes on from the quantile before.
            TimeSpan Next(double quantile)
            {
                long rank = (long)Math.Ceiling(quantile * total);
                while (passed < rank)
                {
                    passed += _counts[bucket++];
                }

                return rank == 0 ? TimeSpan.Zero : _clock.ToTimeSpan(Math.Min(LatencyHistogram.UpperEdgeOf(_first + bucket - 1), _longest));
            }
        }
    }

    /// <summary>What was counted since an earlier one of the same pipeline was taken.</summary>
    /// <param name="earlier">The earlier one; null for none, which gives all.</param>
    public LatencyDistribution Since(LatencyDistribution? earlier) => earlier is null ? this : Combine(earlier, sign: -1);

    /// <summary>What was counted here and there together, such as at two targets of one pipeline.</summary>
    /// <param name="other">The other one; null for none.</param>
    public LatencyDistribution Plus(LatencyDistribution? other) => other is null ? this : Combine(other, sign: 1);

    private LatencyDistribution Combine(LatencyDistribution other, int sign)
    {
        Span<long> counts = stackalloc long[LatencyHistogram.Columns];
        counts.Clear();
        _counts.CopyTo(counts[_first..]);
        for (int index = 0; index < other._counts.Length; index++)
        {
            // A reader is not told of everything in the order in which it happened: less than nothing is nothing.
            ref long count = ref counts[other._first + index];
            count = Math.Max(0, count + (sign * other._counts[index]));
        }

        return new LatencyDistribution(counts, Math.Max(_longest, other._longest), _clock);
    }
}
