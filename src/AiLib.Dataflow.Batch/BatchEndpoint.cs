using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch;

/// <summary>Lets a pipeline of batch requests use a provider's endpoint, and tells it what requests cost there: as estimated, corrected by what the answers report.</summary>
/// <remarks>Thread-safe when the inner endpoint is. When the job stops, no attempt is begun any more; those under way are finished.</remarks>
public sealed class BatchEndpoint : IEndpoint<BatchRequest, ProviderResponse>, ICostEstimator<BatchRequest, ProviderResponse>
{
    private readonly IEndpoint<ProviderRequest, ProviderResponse> _inner;
    private readonly ITokenEstimator _estimator;
    private readonly TargetCosts _costs;

    /// <summary>Creates an endpoint; one for each target.</summary>
    /// <param name="inner">Makes the attempts.</param>
    /// <param name="counting">
    /// What the provider counts against its limits on tokens, which is what a request costs then. Default: null, what is used (<see cref="QuotaCounting.AsUsed"/>); too few for a
    /// provider that counts <c>max_tokens</c> on arrival, as OpenAI does.
    /// </param>
    /// <param name="estimator">Says what a request takes in LLM tokens before it is sent, where tokens are limited. Default: null, by its characters, without a vocabulary.</param>
    public BatchEndpoint(IEndpoint<ProviderRequest, ProviderResponse> inner, QuotaCounting? counting = null, ITokenEstimator? estimator = null)
    {
        _inner = inner;
        _estimator = estimator ?? CheapTokenEstimator.Instance;
        _costs = new TargetCosts(counting ?? QuotaCounting.AsUsed);
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<ProviderResponse>> CallAsync(BatchRequest request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        AttemptAccount? account = request.Account;
        if (account?.TryBegin(request) == false)
        {
            return new(Outcome<ProviderResponse>.Failed(OutcomeKind.Cancelled));
        }

        return account is { CountsMoney: true }
            ? AccountAsync(request, attempt, account, cancellationToken)
            : _inner.CallAsync(request.Request, attempt, cancellationToken);
    }

    /// <inheritdoc/>
    public TokenCost Expect(BatchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _costs.Expect(request.TokensBy(_estimator));
    }

    /// <inheritdoc/>
    public TokenCost ExpectAtLeast(BatchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _costs.ExpectAtLeast(request.TokensBy(_estimator));
    }

    /// <inheritdoc/>
    public TokenCost? Settle(BatchRequest request, in Outcome<ProviderResponse> answer)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _costs.Settle(request.TokensBy(_estimator), answer.Response?.Usage);
    }

    private async ValueTask<Outcome<ProviderResponse>> AccountAsync(
        BatchRequest request, AttemptContext attempt, AttemptAccount account, CancellationToken cancellationToken)
    {
        Outcome<ProviderResponse>? outcome = null;
        try
        {
            outcome = await _inner.CallAsync(request.Request, attempt, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            return outcome.Value;
        }
        finally
        {
            // Without an outcome it timed out, or was given up on its way: what it asked for may have been done, and is paid for then.
            account.OnEnded(request, attempt.Target, outcome);
        }
    }
}
