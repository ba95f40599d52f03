using AiLib.Dataflow.Batch.Export;
using AiLib.Dataflow.Cli.Recording;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>Reads what is known of a job from its files.</summary>
internal static class JobReader
{
    /// <summary>Reads it.</summary>
    /// <param name="places">Where the files are.</param>
    /// <param name="made">The time of day.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<JobPicture> ReadAsync(JobPlaces places, DateTimeOffset made, CancellationToken cancellationToken)
    {
        List<string> notes = [];
        IReadOnlyList<RunRecord> runs = [];
        RunRecordFile file = new(places.Results);
        try
        {
            runs = await file.ReadAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
            if (runs.Count == 0)
            {
                notes.Add($"There is no record of runs ('{Path.GetFileName(file.Path)}'), so what happened over time, retries, settings, and where the time went are not known.");
            }
        }
        catch (Exception unusable) when (unusable is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            notes.Add($"{unusable.Message} What happened over time, retries, settings, and where the time went are not known.");
        }

        string? errors = places.Errors ?? (runs.Count > 0 && File.Exists(runs[^1].Errors) ? runs[^1].Errors : null);
        BatchTotals? totals = await TotalsAsync(places.Results, errors, notes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        if (errors is null && runs.Count == 0)
        {
            notes.Add("No errors file was found beside the results: none has failed, or the errors are elsewhere and --errors names them.");
        }

        return new JobPicture(Path.GetFileName(runs.Count > 0 ? runs[^1].Input : places.Results), made, totals, runs, notes);
    }

    /// <summary>Reads the totals, or says why they cannot be had.</summary>
    internal static async Task<BatchTotals?> TotalsAsync(string results, string? errors, List<string> notes, CancellationToken cancellationToken)
    {
        try
        {
            BatchTotals totals = await BatchTotals.ReadAsync(results, errors, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            if (totals.Unreadable > 0)
            {
                notes.Add($"{Figures.Count(totals.Unreadable)} lines could not be read; the next run of the job repairs the file.");
            }

            return totals;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            notes.Add($"The results and errors could not be read, so there are no totals over all runs: {unreadable.Message}");
            return null;
        }
    }
}
