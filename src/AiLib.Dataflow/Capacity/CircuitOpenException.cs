namespace AiLib.Dataflow.Capacity;

/// <summary>The circuit is open, or half-open with its probes under way: the call was not made.</summary>
public sealed class CircuitOpenException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="retryAfter">How long until a call may pass.</param>
    public CircuitOpenException(TimeSpan retryAfter)
        : base($"The circuit is open; a call may pass in {Duration.ToText(retryAfter)}.") => RetryAfter = retryAfter;

    /// <summary>How long until a call may pass.</summary>
    public TimeSpan RetryAfter { get; }
}
