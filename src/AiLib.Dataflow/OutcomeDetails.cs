namespace AiLib.Dataflow;

/// <summary>What an outcome has beside an answer and its cost: most answers have none of it.</summary>
/// <param name="Error">Why it failed.</param>
/// <param name="RetryAfter">How long the target asks to be left alone.</param>
/// <param name="Reason">Why the pipeline made no further attempt.</param>
/// <param name="Readings">What the target said about its quotas.</param>
internal sealed record OutcomeDetails(Exception? Error, TimeSpan? RetryAfter, string? Reason, ReadOnlyMemory<QuotaReading> Readings)
{
    /// <summary>What the target said that a request may cost at most.</summary>
    public CostLimit? CostLimit { get; init; }

    /// <summary>Nothing known.</summary>
    public static OutcomeDetails None { get; } = new(Error: null, RetryAfter: null, Reason: null, Readings: default);

    /// <summary>The output in the cost, packed as in <see cref="TokenCost.Packed"/>; 0 where only the total is known.</summary>
    public long Output { get; init; }
}
