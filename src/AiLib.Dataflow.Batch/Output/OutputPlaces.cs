namespace AiLib.Dataflow.Batch.Output;

/// <summary>Opens a job's output files: each for itself alone, repaired, and with its name on the disk.</summary>
/// <param name="files">Where they are.</param>
/// <param name="sync">Forces what was written to the disk; null when nothing is forced.</param>
/// <param name="notes">Gets what a user should be told.</param>
internal sealed class OutputPlaces(IFileSystem files, Action<Stream>? sync, List<string> notes)
{
    /// <summary>Where they are.</summary>
    public IFileSystem Files => files;

    /// <summary>Whether lines are forced to the disk before they count.</summary>
    public bool IsForced => sync is not null;

    /// <summary>Opens a file that may be there, puts it right, and goes on behind its last whole line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="onLine">Is told of every line that is in it.</param>
    /// <param name="check">Refuses it once nobody else can have it open, and before anything is changed; null for no check.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ConfigurationException">It is used by another, cannot be written, or was refused.</exception>
    public async Task<OutputFile> OpenAsync(string path, OutputRecovery.OnLine onLine, Func<Task>? check, CancellationToken cancellationToken)
    {
        Stream stream = OpenExclusive(path);
        try
        {
            if (check is not null)
            {
                await check().ConfigureAwait(Continuations.KeepContext);
            }

            (_, string? note) = await OutputRecovery.RepairAsync(stream, path, files, onLine, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            if (note is not null)
            {
                notes.Add(note);
            }

            // What an earlier run has written counts from now on, so it must be on the disk, and so must its name.
            sync?.Invoke(stream);
            SyncDirectoryOf(path);
            return new OutputFile(path, stream, sync);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(Continuations.KeepContext);
            throw;
        }
    }

    /// <summary>A file that is made when there is something to write. One that is there by then belongs to another job.</summary>
    public OutputFile OpenLater(string path) => new(path, () => OpenNew(path), sync);

    /// <summary>An empty file of a name that is this job's own.</summary>
    public OutputFile OpenEmpty(string path)
    {
        Stream stream = OpenExclusive(path);
        if (stream.Length > 0)
        {
            // Of a run that was killed half-way. Forced, because nothing more may be written: under its new name it would come back with the power, with lines of what is answered by then.
            stream.SetLength(0);
            sync?.Invoke(stream);
        }

        return new OutputFile(path, stream, sync);
    }

    /// <summary>Gives files that are in the way of a new beginning other names, and says so.</summary>
    /// <param name="path">The output file. Nothing happens when there is none.</param>
    /// <param name="beside">What goes with it if it is there; null for nothing.</param>
    public void MoveAside(string path, string? beside = null)
    {
        if (!files.Exists(path))
        {
            return;
        }

        // Opened first: a file that another run is writing must not be moved away from under it.
        OpenExclusive(path).Dispose();
        MoveOneAside(path);
        if (beside is not null && files.Exists(beside))
        {
            MoveOneAside(beside);
        }
    }

    /// <summary>Puts one file in another's place, or gives it a new name.</summary>
    public void Replace(string path, string by)
    {
        files.Move(by, path, overwrite: true);
        SyncDirectoryOf(path);
    }

    /// <summary>Opens a file that nobody else may have open.</summary>
    /// <exception cref="ConfigurationException">It is used by another, or cannot be written.</exception>
    public Stream OpenExclusive(string path)
    {
        try
        {
            return files.OpenExclusive(path);
        }
        catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException or UnsafePlaceException) && files.Exists(path))
        {
            throw new ConfigurationException([$"'{path}' cannot be opened for writing alone; {HolderOf(path)} ({exception.Message})"]);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new ConfigurationException([$"'{path}' cannot be written: {exception.Message}"]);
        }
    }

    private Stream OpenNew(string path)
    {
        if (files.Exists(path))
        {
            throw new IOException($"'{path}' was made by somebody else while the job ran; give each job an errors file of its own.");
        }

        Stream stream = files.OpenExclusive(path);
        SyncDirectoryOf(path);
        return stream;
    }

    private void MoveOneAside(string path)
    {
        string aside = SideFiles.FreeName(path, files);
        files.Move(path, aside, overwrite: false);
        SyncDirectoryOf(path);
        notes.Add($"The earlier '{path}' is now '{aside}'.");
    }

    private void SyncDirectoryOf(string path)
    {
        if (sync is not null)
        {
            files.SyncDirectoryOf(path);
        }
    }

    private static string HolderOf(string path) =>
        FileHolder.Of(path) is { } holder ? $"another run is using it: {holder}." : "is another run using it?";
}
