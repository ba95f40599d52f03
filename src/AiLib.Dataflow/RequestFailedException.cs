namespace AiLib.Dataflow;

/// <summary>A request was not answered. The inner exception is the last attempt's own error.</summary>
/// <remarks>What a caller of <c>SendAsync</c> sees when every permitted attempt is used up, or the failure permits no other.</remarks>
public class RequestFailedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to change.</param>
    /// <param name="kind">The kind of the last outcome.</param>
    /// <param name="target">The target of the last attempt, if there was one.</param>
    /// <param name="attempts">How many attempts were made.</param>
    /// <param name="innerException">The last attempt's own error.</param>
    public RequestFailedException(string message, OutcomeKind kind, string? target, int attempts, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        Target = target;
        Attempts = attempts;
    }

    /// <summary>The kind of the last outcome.</summary>
    public OutcomeKind Kind { get; }

    /// <summary>The target of the last attempt; null when there was none.</summary>
    public string? Target { get; }

    /// <summary>How many attempts were made, over all targets.</summary>
    public int Attempts { get; }

    /// <summary>
    /// How long <see cref="Target"/> asked to be left alone, or how long until a request like this may be let through; null when nobody knows, or waiting does not help. With a
    /// <see cref="Kind"/> of <see cref="OutcomeKind.Exhausted"/> the time after which to send the request again.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The pipeline refused a request before any attempt that it still could make: preflight, no usable target, or stopping.</summary>
public sealed class RequestRefusedException : RequestFailedException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="refusal">Which check refused, why, and when to come back.</param>
    /// <param name="target">The target of the last attempt, if there was one.</param>
    /// <param name="attempts">How many attempts had been made before.</param>
    /// <param name="innerException">The last attempt's own error, if there was one.</param>
    public RequestRefusedException(Refusal refusal, string? target = null, int attempts = 0, Exception? innerException = null)
        : base(refusal?.ToString() ?? "", OutcomeKind.Rejected, target, attempts, innerException)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        Refusal = refusal;
        RetryAfter = refusal.RetryAfter;
    }

    /// <summary>Which check refused, why, and when to come back.</summary>
    public Refusal Refusal { get; }
}
