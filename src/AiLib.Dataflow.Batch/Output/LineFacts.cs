using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>What a line tells of the way to its answer, beside the answer.</summary>
/// <param name="Target">Who gave it; null when nobody was asked.</param>
/// <param name="Attempts">How many attempts it took; 0 for a copy of another request's answer.</param>
/// <param name="Elapsed">How long it took, from the time it was read.</param>
/// <param name="Usage">The LLM tokens it used, where the provider said so.</param>
/// <param name="CostUsd">What they cost, where there is a price.</param>
internal readonly record struct LineFacts(string? Target, int Attempts, TimeSpan Elapsed, TokenUsage? Usage = null, decimal? CostUsd = null)
{
    /// <summary>How long the target asked to be left alone, where it turned the request away for that; null otherwise.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Why no other attempt was made, and what to do, where the provider's own words do not say it.</summary>
    public string? Reason { get; init; }

    /// <summary>What is known of a request that has its answer.</summary>
    /// <param name="settled">The request.</param>
    /// <param name="costUsd">What the answer cost; null when that is not known.</param>
    public static LineFacts Of(in Settled<BatchRequest, ProviderResponse> settled, decimal? costUsd = null) =>
        new(settled.Target, settled.Attempts, settled.Elapsed, settled.IsAnswered ? settled.Outcome.Response!.Usage : null, costUsd)
        {
            RetryAfter = settled.Outcome is { Kind: OutcomeKind.Exhausted, RetryAfter: var wait } ? wait : null,
            Reason = settled.Outcome.Reason,
        };
}
