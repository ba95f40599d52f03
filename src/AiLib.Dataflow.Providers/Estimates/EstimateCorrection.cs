namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>Learns from answers by how much estimates are off, for one model of one provider.</summary>
/// <remarks>
/// <para>
/// A moving average in which each answer has an eighth of the say, the estimate a priori counting as the first. An answer is believed up to twice and down to
/// half of what was learned so far, so that a single one, however strange, moves the ratio by an eighth at most, and an estimate that is off by a factor of
/// three either way is within 10 % after some twenty answers.
/// </para>
/// <para>Threading: two numbers, each changed by compare-and-swap and independent of the other. A reader may see one of them an answer older.</para>
/// </remarks>
public sealed class EstimateCorrection
{
    /// <summary>No ratio is ever larger: an estimate that is further off is of another kind of request.</summary>
    public const double LargestRatio = 4;

    /// <summary>The ratio of inputs is never smaller.</summary>
    public const double SmallestInputRatio = 0.25;

    /// <summary>The ratio of outputs is never smaller. Answers of a hundredth of what was allowed are common, and a bound of zero would reserve nothing.</summary>
    public const double SmallestOutputRatio = 1.0 / 64;

    // Small enough for requests of mixed kinds, large enough to learn within a few dozen answers.
    private const double Weight = 1.0 / 8;

    // By how much one answer may differ from what was learned and still be believed.
    private const double Believable = 2;

    // Changed by compare-and-swap.
    private double _input = 1;
    private double _output = 1;

    /// <summary>What was learned so far; <see cref="EstimateRatios.None"/> at first.</summary>
    public EstimateRatios Ratios => new(Volatile.Read(ref _input), Volatile.Read(ref _output));

    /// <summary>Learns from one answer. What one side does not know (0 tokens of input, an output without a bound) teaches nothing.</summary>
    /// <param name="estimate">The estimate as it was made, without correction.</param>
    /// <param name="usage">What the provider counted.</param>
    public void Observe(TokenEstimate estimate, TokenUsage usage)
    {
        if (estimate.Input > 0 && usage.InputTokens > 0)
        {
            Learn(ref _input, (double)usage.InputTokens / estimate.Input, SmallestInputRatio);
        }

        if (estimate.Output > 0 && usage.OutputTokens >= 0)
        {
            Learn(ref _output, (double)usage.OutputTokens / estimate.Output, SmallestOutputRatio);
        }
    }

    private static void Learn(ref double ratio, double seen, double smallest)
    {
        double known = Volatile.Read(ref ratio);
        while (true)
        {
            double believed = Math.Clamp(seen, known / Believable, known * Believable);
            double learned = Math.Clamp(known + (Weight * (believed - known)), smallest, LargestRatio);
            double found = Interlocked.CompareExchange(ref ratio, learned, known);
            if (found == known)
            {
                return;
            }

            // Another thread learned in between; this answer is weighed against what it left.
            known = found;
        }
    }
}
