using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.VirtualWorld;

/// <summary>The product's HTTP endpoint as a target for jobs: bodies, headers, errors and costs as <c>ailib run</c> has them, whatever the transport.</summary>
/// <param name="inner">The endpoint.</param>
/// <param name="path">The operation.</param>
/// <param name="counting">What the provider counts, by which answers are settled.</param>
internal sealed class ProductEndpoint(ProviderEndpoint inner, string path, QuotaCounting counting) : JobTarget(counting)
{
    /// <inheritdoc/>
    public override async ValueTask<Outcome<int>> CallAsync(Job request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        Outcome<ProviderResponse> outcome = await inner.CallAsync(JobBodies.Request(request, path), attempt, cancellationToken);
        if (!outcome.IsAnswered)
        {
            return Outcome<int>.Failed(outcome.Kind, outcome.Error, outcome.RetryAfter) with { Readings = outcome.Readings };
        }

        return Answered(request, outcome.Response!.Usage) with { Readings = outcome.Readings };
    }
}
