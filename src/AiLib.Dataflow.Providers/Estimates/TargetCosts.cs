namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>What requests cost at one target: expected before they are sent, by an estimate that its answers correct, and settled by what it counts.</summary>
/// <remarks>
/// <para>One for each target, because another model has another vocabulary and another provider another way of counting.</para>
/// <para>Thread-safe: it has an <see cref="EstimateCorrection"/> and nothing else that changes.</para>
/// </remarks>
/// <param name="counting">What the target counts against its limits on tokens.</param>
public sealed class TargetCosts(QuotaCounting counting)
{
    private readonly EstimateCorrection _correction = new();

    /// <summary>What was learned so far.</summary>
    public EstimateRatios Ratios => _correction.Ratios;

    /// <summary>What a request is expected to cost: the estimate, by what was learned.</summary>
    /// <param name="estimate">The estimate, uncorrected.</param>
    public TokenCost Expect(TokenEstimate estimate) => ToCost(counting.Expected(estimate, Ratios));

    /// <summary>
    /// The least that it may cost, for those who refuse for good what costs more than a target can hold: what was learned from other requests is no proof that this one is larger
    /// than its estimate, and may be one that it is smaller.
    /// </summary>
    /// <param name="estimate">The estimate, uncorrected.</param>
    public TokenCost ExpectAtLeast(TokenEstimate estimate)
    {
        EstimateRatios ratios = Ratios;
        return ToCost(counting.Expected(estimate, new EstimateRatios(Math.Min(1, ratios.Input), Math.Min(1, ratios.Output))));
    }

    /// <summary>What an answer has cost, and learns from it.</summary>
    /// <param name="estimate">The estimate, uncorrected.</param>
    /// <param name="usage">What the provider counted; null when it said nothing.</param>
    /// <returns>Null when nobody knows, and then what was reserved stands.</returns>
    public TokenCost? Settle(TokenEstimate estimate, TokenUsage? usage)
    {
        if (usage is not { } used)
        {
            return null;
        }

        _correction.Observe(estimate, counting.CachedInputIsFree ? used with { InputTokens = Math.Max(0, used.InputTokens - used.CachedInputTokens) } : used);
        return ToCost(counting.Used(estimate, used));
    }

    private static TokenCost ToCost(TokenEstimate counted) => new(counted.Input, counted.Output);
}
