using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Input.Ids;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>The open files of a job, recovered: what earlier runs have written is in the ledger, and the next line goes behind it.</summary>
/// <remarks>For one thread while it opens. The two output files may then be written by two threads.</remarks>
internal sealed class JobFiles : IDisposable
{
    private readonly IFileSystem _files;
    private readonly OutputPlaces _places;
    private readonly List<string> _notes = [];
    private bool _ownsInput = true;
    private readonly JobIdentity? _identity;
    private readonly Func<IdLedger> _newLedger;
    private InputWatch? _input;
    private long _resultLines;
    private decimal _costOfResults;

    private JobFiles(BatchJobOptions options, IFileSystem files, bool onlyLooks)
    {
        Paths = JobPaths.From(options, files);
        _files = files;

        // Beside the results: where they fit, their ids do, and nobody may replace files there. Whoever only looks leaves the user's directories alone.
        string ids = (onlyLooks ? Path.Combine(Path.GetTempPath(), "ailib") : Paths.Results ?? Paths.Errors) + ".ids";
        _newLedger = () => new IdLedger(() => files.OpenTemporary(ids), options.IdsInMemory);
        Ledger = NewLedger();
        _places = new OutputPlaces(files, options.Durability == BatchDurability.Batch ? files.Sync : null, _notes);
        _identity = Paths.Results is { } results ? new JobIdentity(Paths, results, files, new JobRecordFile(SideFiles.Job(results), files, _places.IsForced), _notes) : null;
    }

    /// <summary>Where they are.</summary>
    public JobPaths Paths { get; }

    /// <summary>The requests.</summary>
    public Stream Input { get; private set; } = Stream.Null;

    /// <summary>Where answers go.</summary>
    public OutputFile Results { get; private set; } = null!;

    /// <summary>Where failures go.</summary>
    public OutputFile Errors { get; private set; } = null!;

    /// <summary>Whether lines are forced to the disk before they count.</summary>
    public bool IsForced => _places.IsForced;

    /// <summary>What earlier runs have written.</summary>
    public IdLedger Ledger { get; }

    /// <summary>Lines in the errors file that stand.</summary>
    public long AlreadyFailed { get; private set; }

    /// <summary>What earlier runs have spent, in USD.</summary>
    public decimal SpentBefore => _identity?.SpentUsd ?? 0;

    /// <summary>What a user should be told about the files.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Opens and recovers the files. The results file is the lock: whoever has it open runs the job.</summary>
    /// <exception cref="ConfigurationException">They cannot be used; nothing was changed.</exception>
    public static async Task<JobFiles> OpenAsync(BatchJobOptions options, IFileSystem files, CancellationToken cancellationToken)
    {
        JobFiles opened = new(options, files, onlyLooks: false);
        try
        {
            await opened.OpenAllAsync(options, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            return opened;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            opened.Dispose();
            throw new ConfigurationException([exception.Message]);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Reads, without changing anything, what earlier runs have written.</summary>
    public static async Task<JobFiles> LookAsync(BatchJobOptions options, IFileSystem files, CancellationToken cancellationToken)
    {
        JobFiles looked = new(options, files, onlyLooks: true);
        try
        {
            looked._ownsInput = options.InputStream is null;
            looked.Input = options.InputStream ?? files.OpenRead(looked.Paths.Input);
            if (!options.Fresh && looked.Paths.Results is { } results)
            {
                await looked._identity!.CheckAsync(options, await looked.LookAtInputAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext), cancellationToken).ConfigureAwait(Continuations.KeepContext);
                await looked.LookAsync(results, looked.OnOldResult, cancellationToken).ConfigureAwait(Continuations.KeepContext);
                looked._identity.OnResultsRead(looked._costOfResults);
                ErrorSelection? selection = ErrorSelection.From(options.RetryErrorCodes);
                if (!options.RetryErrors || selection is not null)
                {
                    await looked.LookAsync(
                        looked.Paths.Errors,
                        (id, line) => _ = (options.RetryErrors && selection!.Includes(line)) || looked.Ledger.MarkDone(id),
                        cancellationToken).ConfigureAwait(Continuations.KeepContext);
                }
            }

            return looked;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            looked.Dispose();
            throw new ConfigurationException([exception.Message]);
        }
    }

    /// <summary>A ledger of no ids, which takes no more memory than that of the job.</summary>
    public IdLedger NewLedger() => _newLedger();

    /// <summary>What has become of the input since it was opened, as a part of a sentence; null when it is what it was, or nobody can know, it being a stream.</summary>
    /// <exception cref="IOException">It cannot be read any more.</exception>
    public Task<string?> InputChangeAsync() => _input?.ChangeAsync() ?? Task.FromResult<string?>(null);

    /// <summary>A run has ended: says so in the job file. When the job has come to its end, the errors that were tried again have new lines, here or in the results.</summary>
    public void OnEnded(BatchJobEnd end, in BatchJobCounts counts, decimal costOfAnswers)
    {
        try
        {
            if (end == BatchJobEnd.Completed)
            {
                _files.Delete(SideFiles.Retrying(Paths.Errors));
            }

            _identity?.OnEnded(
                end == BatchJobEnd.Completed ? JobRecord.Completed : JobRecord.Stopped,
                _resultLines + counts.Answered,
                AlreadyFailed + counts.Failed + counts.BadLines,
                counts.Spend?.Usd ?? 0,
                costOfAnswers);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Every line is written, and the next run puts right what is left behind: all but what was spent on attempts without a line.
            _notes.Add($"How the run ended could not be kept beside the results: {failure.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsInput)
        {
            Input.Dispose();
        }

        Results?.Dispose();
        Errors?.Dispose();
        Ledger.Dispose();
    }

    private async Task OpenAllAsync(BatchJobOptions options, CancellationToken cancellationToken)
    {
        _ownsInput = options.InputStream is null;
        Input = options.InputStream ?? _files.OpenRead(Paths.Input);
        await LookAtInputAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
        Results = Paths.Results is { } results
            ? await OpenResultsAsync(results, options, cancellationToken).ConfigureAwait(Continuations.KeepContext)
            : new OutputFile("standard output", options.ResultsStream!);
        Errors = await OpenErrorsAsync(options, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        if (Ledger.Failure is { } failure)
        {
            _notes.Add($"The ids of this job stay in memory, about 10 bytes each, because they cannot be moved to a file beside the output: {failure.Message}");
        }

        // Last: now the files are as it says.
        _identity?.OnResultsRead(_costOfResults);
        _identity?.OnBegun(options.RetryErrors);
    }

    private async Task<InputFingerprint?> LookAtInputAsync(CancellationToken cancellationToken)
    {
        _input = _ownsInput && Input.CanSeek
            ? await InputWatch.BeginAsync(Input, Paths.Input, _files, cancellationToken).ConfigureAwait(Continuations.KeepContext)
            : null;
        return _input?.AtFirst;
    }

    private void OnOldResult(BatchId id, ReadOnlySpan<byte> line)
    {
        Ledger.MarkDone(id);
        _resultLines++;
        _costOfResults += RecoveredLine.CostOf(line);
    }

    private void OnOldError(BatchId id, ReadOnlySpan<byte> line)
    {
        // A line that has a result as well is of a run that was killed between the two; the result counts.
        if (Ledger.MarkDone(id))
        {
            AlreadyFailed++;
        }
    }

    private Task<OutputFile> OpenResultsAsync(string results, BatchJobOptions options, CancellationToken cancellationToken)
    {
        if (options.Fresh)
        {
            _places.MoveAside(results, beside: _identity!.Path);
        }

        return _places.OpenAsync(results, OnOldResult, () => _identity!.CheckAsync(options, _input?.AtFirst, cancellationToken), cancellationToken);
    }

    private async Task<OutputFile> OpenErrorsAsync(BatchJobOptions options, CancellationToken cancellationToken)
    {
        bool hasOld = _files.Exists(Paths.Errors);

        // Nothing is known of the answers of earlier runs when they went to a stream, so their errors say nothing either.
        if (hasOld && (options.Fresh || Paths.Results is null))
        {
            // And opened anew at once, below: a name that was in use stays this job's.
            _places.MoveAside(Paths.Errors);
        }
        else if (hasOld && options.RetryErrors)
        {
            hasOld = await new RetriedErrors(_places, Paths.Errors).SetAsideAsync(ErrorSelection.From(options.RetryErrorCodes), cancellationToken)
                .ConfigureAwait(Continuations.KeepContext);
            if (!hasOld && _files.Exists(Paths.Errors))
            {
                // Nothing is in it; it is made again when there is something to write.
                _files.Delete(Paths.Errors);
            }
        }

        return hasOld
            ? await _places.OpenAsync(Paths.Errors, OnOldError, check: null, cancellationToken).ConfigureAwait(Continuations.KeepContext)
            : _places.OpenLater(Paths.Errors);
    }

    private async Task LookAsync(string path, OutputRecovery.OnLine onLine, CancellationToken cancellationToken)
    {
        if (_files.Exists(path))
        {
            Stream stream = _files.OpenRead(path);
            await using (stream.ConfigureAwait(Continuations.KeepContext))
            {
                await OutputRecovery.ReadAsync(stream, onLine, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            }
        }
    }
}
