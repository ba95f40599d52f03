using AiLib.Dataflow.Batch;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>What a run cost, in USD.</summary>
/// <param name="Usd">Its attempts.</param>
/// <param name="BeforeUsd">Those of earlier runs of the job.</param>
/// <param name="EstimatedUsd">The part of its own that is estimated.</param>
/// <param name="UnknownAttempts">Attempts at targets without a price, which are in no sum.</param>
/// <param name="ProjectedUsd">What all runs will have cost in the end, as it looked when this was written; null when that was not known.</param>
internal sealed record SpendRecord(decimal Usd, decimal BeforeUsd, decimal EstimatedUsd, long UnknownAttempts, decimal? ProjectedUsd)
{
    /// <summary>What all runs so far have cost.</summary>
    public decimal TotalUsd => BeforeUsd + Usd;

    public static SpendRecord? Of(BatchSpend? spend, decimal? projected) =>
        spend is { } known ? new SpendRecord(known.Usd, known.BeforeUsd, known.EstimatedUsd, known.UnknownAttempts, projected) : null;
}
