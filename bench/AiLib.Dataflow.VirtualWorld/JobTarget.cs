using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.VirtualWorld;

/// <summary>A target that knows what jobs cost as the product's do: by an estimate that its answers correct.</summary>
/// <param name="counting">What the provider counts.</param>
internal abstract class JobTarget(QuotaCounting counting) : IEndpoint<Job, int>, ICostEstimator<Job, int>
{
    private readonly TargetCosts _costs = new(counting);

    /// <inheritdoc/>
    public abstract ValueTask<Outcome<int>> CallAsync(Job request, AttemptContext attempt, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public TokenCost Expect(Job request) => _costs.Expect(EstimateOf(request));

    /// <inheritdoc/>
    public TokenCost ExpectAtLeast(Job request) => _costs.ExpectAtLeast(EstimateOf(request));

    /// <inheritdoc/>
    public TokenCost? Settle(Job request, in Outcome<int> answer) => null;

    /// <summary>The answer to a job, with what it has cost.</summary>
    /// <param name="job">The job.</param>
    /// <param name="usage">What the provider counted; null when it said nothing.</param>
    protected Outcome<int> Answered(Job job, TokenUsage? usage) => Outcome<int>.Answered(job.Index) with { TokenCost = _costs.Settle(EstimateOf(job), usage) };

    // Wrong by the same factor in both parts.
    private static TokenEstimate EstimateOf(Job job)
    {
        long input = (long)((double)job.Estimate * job.PromptTokens / job.Tokens);
        return new TokenEstimate(input, job.Estimate - input);
    }
}
