namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>What estimates are to be multiplied by to come true on the average.</summary>
/// <param name="Input">Real input by estimated input.</param>
/// <param name="Output">Real output by the most that was allowed.</param>
public readonly record struct EstimateRatios(double Input, double Output)
{
    /// <summary>Estimates as they are.</summary>
    public static EstimateRatios None => new(1, 1);

    /// <summary>An estimate brought to what is to be expected, rounded up.</summary>
    /// <param name="estimate">The estimate.</param>
    public TokenEstimate Apply(TokenEstimate estimate) => new(Scale(estimate.Input, Input), Scale(estimate.Output, Output));

    // The conversion stays at the largest number instead of overflowing.
    private static long Scale(long tokens, double ratio) => ratio == 1 ? tokens : (long)Math.Ceiling(tokens * ratio);
}
