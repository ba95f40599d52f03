using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Batch.Repeats;
using AiLib.Dataflow.Batch.Spend;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch;

/// <summary>Reads what a run would do. Changes nothing, sends nothing.</summary>
internal static class BatchPlanner
{
    /// <summary>Reads it.</summary>
    /// <param name="options">Which files, and how to go on.</param>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    /// <exception cref="ConfigurationException">A file cannot be used.</exception>
    public static async Task<BatchPlan> ReadAsync(BatchJobOptions options, IFileSystem fileSystem, CancellationToken cancellationToken)
    {
        JobOptionsCheck.Check(options);
        using JobFiles files = await JobFiles.LookAsync(options, fileSystem, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        using LeaderLedger? leaders = options.Dedupe ? new LeaderLedger(files.NewLedger()) : null;
        long requests = 0, done = 0, bad = 0, bytes = 0;
        TokenEstimate estimate = default;
        await foreach (BatchLine line in BatchInput.ReadAsync(files.Input, options, files.Ledger, places: null, cancellationToken)
            .ConfigureAwait(Continuations.KeepContext))
        {
            bool isFollower = leaders is not null && line.Request is not null && leaders.IsFollower(line.Request, line.IsDone);
            if (line.IsDone)
            {
                done++;
            }
            else if (isFollower)
            {
                // Not sent.
            }
            else if (line.Request is null)
            {
                bad++;
            }
            else
            {
                requests++;
                bytes += line.Request.Request.Body.Length;
                estimate = Sum(estimate, line.Request.TokensBy(options.Estimator));
            }
        }

        return new BatchPlan(requests, done, bad, bytes, estimate.Total, files.Paths.Results ?? "standard output", files.Paths.Errors)
        {
            Estimate = estimate,
            SpentBeforeUsd = Usd.Plain(files.SpentBefore),
        };
    }

    // A line may ask for any number of tokens.
    private static TokenEstimate Sum(TokenEstimate one, TokenEstimate other) =>
        new(new TokenEstimate(one.Input, other.Input).Total, new TokenEstimate(one.Output, other.Output).Total);
}
