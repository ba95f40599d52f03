using System.Buffers;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Input.Ids;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>The open files of a job, recovered: what earlier runs have written is in the ledger, and the next line goes behind it.</summary>
/// <remarks>For one thread while it opens. The two output files may then be written by two threads.</remarks>
internal sealed class JobFiles : IDisposable
{
    private readonly IFileSystem _files;
    private readonly Action<Stream>? _sync;
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
        _sync = options.Durability == BatchDurability.Batch ? files.Sync : null;
        _identity = Paths.Results is { } results ? new JobIdentity(Paths, results, files, new JobRecordFile(SideFiles.Job(results), files, _sync is not null), _notes) : null;
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
    public bool IsForced => _sync is not null;

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
        if (Paths.Results is { } results)
        {
            Results = await OpenOneAsync(results, options.Fresh, OnOldResult, options, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
        else
        {
            Results = new OutputFile("standard output", options.ResultsStream!);
        }

        // Nothing is known of the answers of earlier runs when they went to a stream, so their errors say nothing either.
        bool startsAgain = options.Fresh || Paths.Results is null;
        if (!_files.Exists(Paths.Errors))
        {
            Errors = new OutputFile(Paths.Errors, OpenNewErrors, _sync);
        }
        else if (options.RetryErrors && !startsAgain)
        {
            await SetErrorsAsideAsync(ErrorSelection.From(options.RetryErrorCodes), cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
        else
        {
            Errors = await OpenOneAsync(Paths.Errors, startsAgain, OnOldError, null, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

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

    private async Task<OutputFile> OpenOneAsync(string path, bool fresh, OutputRecovery.OnLine onLine, BatchJobOptions? record, CancellationToken cancellationToken)
    {
        if (fresh && _files.Exists(path))
        {
            // Opened first: a file that another run is writing must not be moved away from under it.
            OpenExclusive(path).Dispose();
            MoveAside(path);
            if (record is not null && _files.Exists(_identity!.Path))
            {
                MoveAside(_identity.Path);
            }
        }

        Stream stream = OpenExclusive(path);
        try
        {
            if (record is not null)
            {
                await _identity!.CheckAsync(record, _input?.AtFirst, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            }

            (_, string? note) = await OutputRecovery.RepairAsync(stream, path, _files, onLine, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            if (note is not null)
            {
                _notes.Add(note);
            }

            // What an earlier run has written counts from now on, so it must be on the disk, and so must its name.
            _sync?.Invoke(stream);
            SyncDirectory(path);
            return new OutputFile(path, stream, _sync);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(Continuations.KeepContext);
            throw;
        }
    }

    private void MoveAside(string path)
    {
        string aside = SideFiles.FreeName(path, _files);
        _files.Move(path, aside, overwrite: false);
        SyncDirectory(path);
        _notes.Add($"The earlier '{path}' is now '{aside}'.");
    }

    /// <summary>
    /// Gives the errors another name, so that what fails again has the file to itself. A run that is interrupted leaves them without a line
    /// anywhere, which is what
    /// makes the next run continue with them.
    /// </summary>
    /// <param name="selection">Which of them; null for all. The others keep their lines, in a file that takes the place of this one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async Task SetErrorsAsideAsync(ErrorSelection? selection, CancellationToken cancellationToken)
    {
        long kept = 0;
        Stream stream = OpenExclusive(Paths.Errors);
        await using (stream.ConfigureAwait(Continuations.KeepContext))
        {
            // Once for what is wrong with it: a file that is not ours is refused here as well.
            await OutputRecovery.RepairAsync(stream, Paths.Errors, _files, static (_, _) => { }, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            if (selection is not null)
            {
                kept = await SplitErrorsAsync(stream, selection, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            }
            else if (stream.Length > 0)
            {
                _files.Move(Paths.Errors, SideFiles.Retrying(Paths.Errors), overwrite: true);
                SyncDirectory(Paths.Errors);
            }
        }

        Errors = kept > 0 || _files.LengthOf(Paths.Errors) > 0
            ? await OpenOneAsync(Paths.Errors, fresh: false, OnOldError, null, cancellationToken).ConfigureAwait(Continuations.KeepContext)
            : NewErrors();
    }

    /// <summary>Copies the errors that are tried again into a file beside, and puts one with the others in their place.</summary>
    /// <returns>How many keep their line.</returns>
    private async Task<long> SplitErrorsAsync(Stream errors, ErrorSelection selection, CancellationToken cancellationToken)
    {
        string keeping = Paths.Errors + ".keeping";
        long kept = 0;
        using (OutputFile retried = Replace(SideFiles.Retrying(Paths.Errors)))
        using (OutputFile others = Replace(keeping))
        {
            ArrayBufferWriter<byte> buffer = new();
            errors.Position = 0;
            await OutputRecovery.ReadAsync(
                errors,
                (_, line) =>
                {
                    bool isRetried = selection.Includes(line);
                    kept += isRetried ? 0 : 1;
                    buffer.ResetWrittenCount();
                    buffer.Write(line);
                    buffer.Write("\n"u8);
                    (isRetried ? retried : others).Collect(buffer.WrittenSpan);
                },
                cancellationToken).ConfigureAwait(Continuations.KeepContext);
            retried.Commit();
            others.Commit();
        }

        // The one step that counts: before it every error has its line, after it those that are tried again have none.
        _files.Move(keeping, Paths.Errors, overwrite: true);
        SyncDirectory(Paths.Errors);
        return kept;
    }

    private OutputFile Replace(string path)
    {
        Stream stream = OpenExclusive(path);
        if (stream.Length > 0)
        {
            // Of a run that was killed half-way. Forced, because nothing more may be written: under its new name it would come back with the power, with lines of what is answered by then.
            stream.SetLength(0);
            _sync?.Invoke(stream);
        }

        return new OutputFile(path, stream, _sync);
    }

    private OutputFile NewErrors()
    {
        if (_files.Exists(Paths.Errors))
        {
            // Nothing is in it; it is made again when there is something to write.
            _files.Delete(Paths.Errors);
        }

        return new OutputFile(Paths.Errors, OpenNewErrors, _sync);
    }

    /// <summary>Opens the errors file that was not there when the job began. One that is there now belongs to another job.</summary>
    private Stream OpenNewErrors()
    {
        if (_files.Exists(Paths.Errors))
        {
            throw new IOException($"'{Paths.Errors}' was made by somebody else while the job ran; give each job an errors file of its own.");
        }

        Stream stream = _files.OpenExclusive(Paths.Errors);
        SyncDirectory(Paths.Errors);
        return stream;
    }

    private void SyncDirectory(string path)
    {
        if (_sync is not null)
        {
            _files.SyncDirectoryOf(path);
        }
    }

    private Stream OpenExclusive(string path)
    {
        try
        {
            return _files.OpenExclusive(path);
        }
        catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException or UnsafePlaceException) && _files.Exists(path))
        {
            throw new ConfigurationException([$"'{path}' cannot be opened for writing alone; {HolderOf(path)} ({exception.Message})"]);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new ConfigurationException([$"'{path}' cannot be written: {exception.Message}"]);
        }
    }

    private static string HolderOf(string path) =>
        FileHolder.Of(path) is { } holder ? $"another run is using it: {holder}." : "is another run using it?";

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
