namespace AiLib.Dataflow;

/// <summary>Makes one attempt at one target. The user's side of the pipeline.</summary>
/// <typeparam name="TRequest">What a caller sends.</typeparam>
/// <typeparam name="TResponse">What a caller gets.</typeparam>
/// <remarks>Called by several threads at once, never under a lock. Retries, limits and time-outs are the pipeline's work: an endpoint does none of them.</remarks>
public interface IEndpoint<in TRequest, TResponse>
{
    /// <summary>Makes one attempt and says what came of it.</summary>
    /// <param name="request">The request; several attempts get the same object, with hedging two at once, so do not change it.</param>
    /// <param name="attempt">Which attempt this is, and at which target.</param>
    /// <param name="cancellationToken">Cancelled when the attempt's time is up, the caller gave up, or the pipeline stops.</param>
    /// <returns>The outcome. An exception is classified by <see cref="OutcomeClassifier"/>, so throwing is allowed; a returned outcome says more.</returns>
    ValueTask<Outcome<TResponse>> CallAsync(TRequest request, AttemptContext attempt, CancellationToken cancellationToken);
}

/// <summary>Which attempt an endpoint is asked to make.</summary>
/// <param name="Target">The id of the target, such as <c>openai/gpt-4o</c>.</param>
/// <param name="Attempt">The attempt's number over all targets; the first one is 1.</param>
/// <param name="TimeAllowed">How long the attempt may take before its token is cancelled.</param>
public readonly record struct AttemptContext(string Target, int Attempt, TimeSpan TimeAllowed);
