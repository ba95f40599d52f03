namespace AiLib.Dataflow;

/// <summary>What only the outcome of a failure has.</summary>
/// <param name="Error">Why it failed.</param>
/// <param name="RetryAfter">How long the target asks to be left alone.</param>
/// <param name="Reason">Why the pipeline made no further attempt.</param>
internal sealed record FailureDetails(Exception? Error, TimeSpan? RetryAfter, string? Reason)
{
    /// <summary>Nothing known.</summary>
    public static FailureDetails None { get; } = new(Error: null, RetryAfter: null, Reason: null);
}
