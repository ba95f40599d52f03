using AiLib.Dataflow.Batch;

namespace AiLib.Dataflow.Cli.Live;

/// <summary>What a job will have cost in the end, if the rest costs as much for each request as this run has so far.</summary>
internal static class SpendForecast
{
    // Before that one long answer decides.
    private const long Least = 10;

    /// <summary>USD over all runs; null when nothing tells: no prices, no total, or too few requests so far.</summary>
    /// <param name="counts">What the job has counted.</param>
    /// <param name="forecast">How much is left.</param>
    public static decimal? Of(in BatchJobCounts counts, Forecast forecast)
    {
        if (counts.Spend is not { } spend || forecast.Total is not { } total)
        {
            return null;
        }

        long left = total - forecast.Done;
        long settled = counts.Answered + counts.Failed;
        return left == 0 ? spend.TotalUsd
            : settled >= Least ? spend.TotalUsd + (spend.Usd / settled * left)
            : null;
    }
}
