namespace AiLib.Dataflow.Batch.Output;

/// <summary>Whose results they are: compares a job with the one that its files belong to, and keeps the job file true.</summary>
/// <remarks>For one thread. Nothing is written before <see cref="OnBegun"/>.</remarks>
/// <param name="paths">The job's files.</param>
/// <param name="results">The results file, beside which the job file lies.</param>
/// <param name="files">The disk.</param>
/// <param name="recordFile">The job file.</param>
/// <param name="notes">Gets what a user should be told.</param>
internal sealed class JobIdentity(JobPaths paths, string results, IFileSystem files, JobRecordFile recordFile, List<string> notes)
{
    // Set by the check.
    private JobRecord? _record;

    /// <summary>Where the job file is.</summary>
    public string Path => recordFile.Path;

    /// <summary>Compares the job with the one that the files belong to.</summary>
    /// <param name="options">The job.</param>
    /// <param name="input">Its input, as it was opened; null when it cannot be looked at, being a stream.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ConfigurationException">It is another one.</exception>
    public async Task CheckAsync(BatchJobOptions options, InputFingerprint? input, CancellationToken cancellationToken)
    {
        JobRecord now = new(input, options.Settings, JobRecord.Running, 0, 0);
        JobRecord? before = await recordFile.ReadAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
        string[] differences = before is null ? [] : [.. now.DifferencesFrom(before)];
        if (differences.Length == 0)
        {
            _record = before ?? now;
            if (before is null && HasLines(results))
            {
                notes.Add($"'{recordFile.Path}' is not there, so nothing says whether '{results}' is of the same input and the same settings; taken to be.");
            }
        }
        else if (options.AcceptChanges || (!HasLines(results) && !HasLines(paths.Errors)))
        {
            _record = now with { SpentUsd = before!.SpentUsd, SpentInResultsUsd = before.SpentInResultsUsd };
        }
        else
        {
            throw new ConfigurationException([$"'{results}' belongs to another job: {string.Join("; ", differences)}. Choose another --output, start again with "
                + "--fresh (the earlier files are moved aside), or continue all the same with --accept-changes (what is answered stays as it is)."]);
        }
    }

    /// <summary>What earlier runs have spent, in USD.</summary>
    public decimal SpentUsd => _record?.SpentUsd ?? 0;

    /// <summary>The results were read.</summary>
    /// <param name="cost">What their lines say that they cost, in USD.</param>
    public void OnResultsRead(decimal cost) => _record = _record?.WithResultsOf(cost);

    /// <summary>The files are open: a run has begun. A finished job that has nothing left to do stays as it is.</summary>
    public void OnBegun(bool retriesErrors)
    {
        if (_record is { } record && (record.State != JobRecord.Completed || retriesErrors))
        {
            recordFile.Write(record with { State = JobRecord.Running });
        }
    }

    /// <summary>The run has ended.</summary>
    /// <param name="state">How.</param>
    /// <param name="resultLines">Lines in the results.</param>
    /// <param name="errorLines">Lines in the errors.</param>
    /// <param name="spent">What the run has spent, in USD.</param>
    /// <param name="spentInResults">The part of it that the lines say that it has added to the results.</param>
    public void OnEnded(string state, long resultLines, long errorLines, decimal spent, decimal spentInResults)
    {
        if (_record is not null)
        {
            recordFile.Write(_record with
            {
                State = state,
                Results = resultLines,
                Errors = errorLines,
                SpentUsd = _record.SpentUsd + spent,
                SpentInResultsUsd = _record.SpentInResultsUsd + spentInResults,
            });
        }
    }

    private bool HasLines(string path) => files.LengthOf(path) > 0;
}
