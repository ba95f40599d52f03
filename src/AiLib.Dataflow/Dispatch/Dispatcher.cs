using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Dispatch;

/// <summary>Makes one attempt at one endpoint and turns whatever happens into an outcome. The only place where foreign code may throw.</summary>
/// <remarks>Stateless but for its settings; thread-safe.</remarks>
internal sealed class Dispatcher<TRequest, TResponse>(
    IEndpoint<TRequest, TResponse> endpoint, OutcomeClassifier classifier, Func<Outcome<TResponse>, Outcome<TResponse>>? reclassify)
{
    /// <summary>Makes the attempt.</summary>
    /// <param name="request">The request.</param>
    /// <param name="attempt">Which attempt it is.</param>
    /// <param name="context">The caller's context, so that traces stay connected.</param>
    /// <param name="cancellationToken">Cancelled when the attempt's time is up or the request is given up; the caller of this knows which.</param>
    public async ValueTask<Outcome<TResponse>> CallAsync(
        TRequest request, AttemptContext attempt, ExecutionContext? context, CancellationToken cancellationToken)
    {
        Outcome<TResponse> outcome;
        try
        {
            outcome = await Begin(request, attempt, context, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
        catch (Exception error) when (error is OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            outcome = Outcome<TResponse>.Failed(OutcomeKind.Cancelled, error);
        }
        catch (Exception error)
        {
            // Foreign code: whatever it throws becomes a value, or the ticket would be lost with it.
            outcome = Outcome<TResponse>.Failed(Classify(error), error);
        }

        outcome = reclassify is null ? outcome : Reclassify(outcome);

        // A kind that does not exist is foreign code's defect, and must not become the pipeline's.
        return outcome.Kind is >= OutcomeKind.Answered and <= OutcomeKind.Cancelled ? outcome : outcome with { Kind = OutcomeKind.Rejected };
    }

    private ValueTask<Outcome<TResponse>> Begin(
        TRequest request, AttemptContext attempt, ExecutionContext? context, CancellationToken cancellationToken)
    {
        if (context is null)
        {
            return endpoint.CallAsync(request, attempt, cancellationToken);
        }

        ValueTask<Outcome<TResponse>> call = default;
        ExecutionContext.Run(context, _ => call = endpoint.CallAsync(request, attempt, cancellationToken), state: null);
        return call;
    }

    private OutcomeKind Classify(Exception error)
    {
        try
        {
            OutcomeKind kind = classifier.Classify(error);
            return kind is > OutcomeKind.Answered and <= OutcomeKind.Cancelled ? kind : OutcomeKind.Rejected;
        }
        catch (Exception)
        {
            // A user's classifier that throws knows nothing: the attempt's own error is what counts.
            return OutcomeKind.Rejected;
        }
    }

    private Outcome<TResponse> Reclassify(in Outcome<TResponse> outcome)
    {
        try
        {
            return reclassify!(outcome);
        }
        catch (Exception)
        {
            // As above.
            return outcome;
        }
    }
}
