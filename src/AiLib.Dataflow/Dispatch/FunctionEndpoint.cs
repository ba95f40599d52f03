using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Dispatch;

/// <summary>An endpoint that is a function.</summary>
internal sealed class FunctionEndpoint<TRequest, TResponse>(Func<TRequest, CancellationToken, ValueTask<TResponse>> call) : IEndpoint<TRequest, TResponse>
{
    /// <inheritdoc/>
    public ValueTask<Outcome<TResponse>> CallAsync(TRequest request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        ValueTask<TResponse> response = call(request, cancellationToken);
        return response.IsCompletedSuccessfully
            ? new ValueTask<Outcome<TResponse>>(Outcome<TResponse>.Answered(response.Result))
            : FinishAsync(response);
    }

    private static async ValueTask<Outcome<TResponse>> FinishAsync(ValueTask<TResponse> response) =>
        Outcome<TResponse>.Answered(await response.ConfigureAwait(Continuations.KeepContext));
}
