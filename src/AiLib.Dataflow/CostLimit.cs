namespace AiLib.Dataflow;

/// <summary>What a target said that one request may cost at most, when it refused one for costing more, or everything.</summary>
/// <param name="Dimension">What it counted.</param>
/// <param name="Limit">The most that a request may cost there; 0 says that nothing is allowed at all.</param>
/// <param name="Requested">What the target counted the refused request for; null when it did not say.</param>
/// <remarks>
/// A value. A limit on tokens, in all or of prompts or answers alone, is remembered for an hour, and what costs more is not sent; one on requests is not, but for a limit of 0.
/// </remarks>
public readonly record struct CostLimit(QuotaDimension Dimension, long Limit, long? Requested = null)
{
    /// <summary>Nothing is allowed.</summary>
    public static CostLimit Nothing { get; } = new(QuotaDimension.Requests, 0);
}
