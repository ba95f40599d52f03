using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch;

/// <summary>Lets a pipeline of batch requests use a provider's endpoint.</summary>
/// <remarks>Thread-safe when the inner endpoint is. When the job stops, no attempt is begun any more; those under way are finished.</remarks>
/// <param name="inner">Makes the attempts.</param>
public sealed class BatchEndpoint(IEndpoint<ProviderRequest, ProviderResponse> inner) : IEndpoint<BatchRequest, ProviderResponse>
{
    /// <inheritdoc/>
    public ValueTask<Outcome<ProviderResponse>> CallAsync(BatchRequest request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Budget?.TryBegin() == false
            ? new(Outcome<ProviderResponse>.Failed(OutcomeKind.Cancelled))
            : inner.CallAsync(request.Request, attempt, cancellationToken);
    }
}
