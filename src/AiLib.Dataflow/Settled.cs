namespace AiLib.Dataflow;

/// <summary>The one answer to a request of a stream: what was asked, what came of it, and what it took.</summary>
/// <typeparam name="TRequest">What a caller sends.</typeparam>
/// <typeparam name="TResponse">What a caller gets.</typeparam>
/// <param name="Request">The request as it was given.</param>
/// <param name="Index">Its place in the input, from 0.</param>
/// <param name="Outcome">The last attempt's outcome, or the reason why there was none.</param>
/// <param name="Target">The target of the last attempt; null when there was no attempt.</param>
/// <param name="Attempts">How many attempts were made, over all targets.</param>
/// <param name="Elapsed">The time from admission to settlement.</param>
public readonly record struct Settled<TRequest, TResponse>(
    TRequest Request, long Index, Outcome<TResponse> Outcome, string? Target, int Attempts, TimeSpan Elapsed)
{
    /// <summary>Whether the request was answered.</summary>
    public bool IsAnswered => Outcome.IsAnswered;
}
