using System.Net.Sockets;

namespace AiLib.Dataflow;

/// <summary>Says what kind of outcome an exception thrown by an endpoint is. Derive from it to know more than the base library does.</summary>
/// <remarks>Stateless; called by several threads at once, outside every lock.</remarks>
public class OutcomeClassifier
{
    /// <summary>The classification that is used when a pipeline is given no other.</summary>
    public static OutcomeClassifier Default { get; } = new();

    /// <summary>Classifies an exception that an attempt threw for a reason other than cancellation by its own token.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <returns>
    /// Time-outs and network errors may be retried, and so may an HTTP error with status 408, 409, 429 or 5xx; every other HTTP status and every other
    /// exception is <see cref="OutcomeKind.Rejected"/>: an error nobody knows, a bug included, is neither retried nor sent to another target.
    /// </returns>
    public virtual OutcomeKind Classify(Exception exception) => exception switch
    {
        TimeoutException => OutcomeKind.TimedOut,
        // A token that is not ours: the endpoint's own client gave up (HttpClient.Timeout does this).
        OperationCanceledException => OutcomeKind.TimedOut,
        HttpRequestException { StatusCode: { } status } => ClassifyStatus((int)status),
        HttpRequestException or IOException or SocketException => OutcomeKind.Failed,
        _ => OutcomeKind.Rejected,
    };

    /// <summary>Classifies an HTTP status when nothing better is known.</summary>
    /// <param name="status">The status code.</param>
    public static OutcomeKind ClassifyStatus(int status) => status switch
    {
        >= 200 and < 300 => OutcomeKind.Answered,
        408 or 504 => OutcomeKind.TimedOut,
        409 => OutcomeKind.Conflicted,
        429 => OutcomeKind.Throttled,
        401 or 402 => OutcomeKind.Exhausted,
        499 => OutcomeKind.Cancelled,
        503 or 529 => OutcomeKind.Overloaded,
        >= 500 and < 600 => OutcomeKind.Failed,
        _ => OutcomeKind.Rejected,
    };
}
