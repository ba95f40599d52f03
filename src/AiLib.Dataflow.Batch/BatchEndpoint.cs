using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch;

/// <summary>Lets a pipeline of batch requests use a provider's endpoint.</summary>
/// <remarks>Thread-safe when the inner endpoint is. When the job stops, no attempt is begun any more; those under way are finished.</remarks>
/// <param name="inner">Makes the attempts.</param>
/// <param name="counting">
/// What the provider counts against its limits on tokens, which is what an answer costs then. Default: null, the tokens that the answer says were used; too few for a
/// provider that counts <c>max_tokens</c> on arrival, as OpenAI does.
/// </param>
public sealed class BatchEndpoint(IEndpoint<ProviderRequest, ProviderResponse> inner, QuotaCounting? counting = null) : IEndpoint<BatchRequest, ProviderResponse>
{
    /// <inheritdoc/>
    public ValueTask<Outcome<ProviderResponse>> CallAsync(BatchRequest request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        AttemptAccount? account = request.Account;
        if (account?.TryBegin(request) == false)
        {
            return new(Outcome<ProviderResponse>.Failed(OutcomeKind.Cancelled));
        }

        ValueTask<Outcome<ProviderResponse>> call = account is { CountsMoney: true }
            ? AccountAsync(request, attempt, account, cancellationToken)
            : inner.CallAsync(request.Request, attempt, cancellationToken);
        return counting is null ? call : ChargeAsync(call, request, counting);
    }

    private async ValueTask<Outcome<ProviderResponse>> AccountAsync(
        BatchRequest request, AttemptContext attempt, AttemptAccount account, CancellationToken cancellationToken)
    {
        Outcome<ProviderResponse>? outcome = null;
        try
        {
            outcome = await inner.CallAsync(request.Request, attempt, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            return outcome.Value;
        }
        finally
        {
            // Without an outcome it timed out, or was given up on its way: what it asked for may have been done, and is paid for then.
            account.OnEnded(request, attempt.Target, outcome);
        }
    }

    private static async ValueTask<Outcome<ProviderResponse>> ChargeAsync(ValueTask<Outcome<ProviderResponse>> call, BatchRequest request, QuotaCounting counting)
    {
        Outcome<ProviderResponse> outcome = await call.ConfigureAwait(Continuations.KeepContext);
        if (outcome.Response?.Usage is not { } usage || !outcome.IsAnswered)
        {
            return outcome;
        }

        // In parts, whichever limits the provider has itself: the user may set others.
        QuotaCharge parts = (counting.Limits == TokenLimits.Together ? counting with { Limits = TokenLimits.Apart } : counting).Settle(default, request.Tokens, usage);
        return outcome with { TokenCost = new TokenCost(parts.InputTokens, parts.OutputTokens) };
    }
}
