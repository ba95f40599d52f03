using System.Runtime.CompilerServices;

namespace AiLib.Dataflow.Dispatch;

/// <summary>Calls one endpoint and turns whatever comes back into an outcome: an error into its kind, a kind that does not exist into one that does.</summary>
/// <remarks>Stateless but for its settings; thread-safe.</remarks>
internal sealed class Dispatcher<TRequest, TResponse>(
    IAttemptOwner<TRequest, TResponse> owner,
    string target,
    TimeSpan timeAllowed,
    IEndpoint<TRequest, TResponse> endpoint,
    OutcomeClassifier classifier,
    Func<Outcome<TResponse>, Outcome<TResponse>>? reclassify)
{
    /// <summary>Who is told that the endpoint has returned.</summary>
    public IAttemptOwner<TRequest, TResponse> Owner { get; } = owner;

    /// <summary>Calls the endpoint. May throw whatever foreign code throws.</summary>
    /// <param name="request">The request.</param>
    /// <param name="attempt">The attempt's number.</param>
    /// <param name="cancellationToken">Cancelled when the attempt's time is up or the request is given up; the pipeline knows which.</param>
    public ValueTask<Outcome<TResponse>> Call(TRequest request, int attempt, CancellationToken cancellationToken) =>
        endpoint.CallAsync(request, new AttemptContext(target, attempt, timeAllowed), cancellationToken);

    /// <summary>What an exception means.</summary>
    public Outcome<TResponse> ToOutcome(Exception error, CancellationToken cancellationToken)
    {
        Outcome<TResponse> outcome = Outcome<TResponse>.Failed(
            error is OperationCanceledException && cancellationToken.IsCancellationRequested ? OutcomeKind.Cancelled : Classify(error), error);
        Check(ref outcome);
        return outcome;
    }

    /// <summary>Makes of a returned outcome what it means: the user's own reading of it, if there is one.</summary>
    public void Check(ref Outcome<TResponse> outcome)
    {
        if (reclassify is not null)
        {
            Reclassify(ref outcome);
        }

        if (!OutcomeKinds.Exists(outcome.Kind))
        {
            Reject(ref outcome);
        }
    }

    /// <summary>A kind that does not exist is foreign code's defect, and must not become the pipeline's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Reject(ref Outcome<TResponse> outcome) => outcome = outcome with { Kind = OutcomeKind.Rejected };

    private OutcomeKind Classify(Exception error)
    {
        try
        {
            OutcomeKind kind = classifier.Classify(error);
            return OutcomeKinds.IsFailure(kind) ? kind : OutcomeKind.Rejected;
        }
        catch (Exception)
        {
            // A user's classifier that throws knows nothing: the attempt's own error is what counts.
            return OutcomeKind.Rejected;
        }
    }

    private void Reclassify(ref Outcome<TResponse> outcome)
    {
        try
        {
            outcome = reclassify!(outcome);
        }
        catch (Exception)
        {
            // As above.
        }
    }
}
