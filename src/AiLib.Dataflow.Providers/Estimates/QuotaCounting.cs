namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>How a provider counts a request against its limits on tokens: what to reserve before it is sent, and what it has cost in the end.</summary>
/// <param name="Limits">Which limits there are.</param>
/// <param name="Output">Which output counts.</param>
/// <param name="CachedInputIsFree">Whether input that was read from the provider's cache is left out.</param>
/// <remarks>
/// Immutable and pure. A provider that states no limit on tokens has a profile all the same, for limits that its user sets.
/// </remarks>
public sealed record QuotaCounting(TokenLimits Limits, OutputCounting Output, bool CachedInputIsFree = false)
{
    /// <summary>
    /// OpenAI and Azure: the prompt and the most that may be answered (<c>max_tokens</c> for each of <c>n</c> or <c>best_of</c>), on arrival, in one limit.
    /// Also what is assumed of a provider that says nothing: it never counts too little.
    /// </summary>
    public static QuotaCounting OnArrival { get; } = new(TokenLimits.Together, OutputCounting.Bound);

    /// <summary>What was really used, in one limit.</summary>
    public static QuotaCounting AsUsed { get; } = new(TokenLimits.Together, OutputCounting.Real);

    /// <summary>What to take from the limits before the request is sent.</summary>
    /// <param name="estimate">The estimate, uncorrected.</param>
    public QuotaCharge Reserve(TokenEstimate estimate) => Reserve(estimate, EstimateRatios.None);

    /// <summary>What to take from the limits before the request is sent.</summary>
    /// <param name="estimate">The estimate, uncorrected.</param>
    /// <param name="ratios">What was learned about estimates. A bound that the provider counts as such is not corrected.</param>
    public QuotaCharge Reserve(TokenEstimate estimate, EstimateRatios ratios) => Charge(Expected(estimate, ratios));

    /// <summary>What the request has cost, once its answer is there: the difference to what was reserved is taken or given back.</summary>
    /// <param name="reserved">What was reserved.</param>
    /// <param name="estimate">The estimate, uncorrected; the most that could be answered is in no answer.</param>
    /// <param name="usage">What the provider counted; null when it said nothing, and then the reservation stands.</param>
    public QuotaCharge Settle(QuotaCharge reserved, TokenEstimate estimate, TokenUsage? usage) => usage is { } used ? Charge(Used(estimate, used)) : reserved;

    /// <summary>The tokens that are to be expected to count.</summary>
    internal TokenEstimate Expected(TokenEstimate estimate, EstimateRatios ratios)
    {
        TokenEstimate expected = ratios.Apply(estimate);
        return Counted(expected.Input, Output == OutputCounting.Bound ? estimate.Output : expected.Output);
    }

    /// <summary>The tokens that have counted.</summary>
    internal TokenEstimate Used(TokenEstimate estimate, TokenUsage used)
    {
        long input = CachedInputIsFree ? Math.Max(0, used.InputTokens - used.CachedInputTokens) : used.InputTokens;

        // A bound that was only assumed may have been passed.
        return Counted(input, Output == OutputCounting.Bound ? Math.Max(estimate.Output, used.OutputTokens) : used.OutputTokens);
    }

    private TokenEstimate Counted(long input, long output) => new(input, Limits == TokenLimits.InputOnly ? 0 : output);

    private QuotaCharge Charge(TokenEstimate counted) => Limits == TokenLimits.Together
        ? new QuotaCharge(1, counted.Total, InputTokens: 0, OutputTokens: 0)
        : new QuotaCharge(1, Tokens: 0, counted.Input, counted.Output);
}
