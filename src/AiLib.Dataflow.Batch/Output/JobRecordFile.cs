namespace AiLib.Dataflow.Batch.Output;

/// <summary>The job file beside the results. It is replaced as a whole, so it is never half written.</summary>
/// <remarks>For one thread, that of the run that holds the results.</remarks>
internal sealed class JobRecordFile(string path, IFileSystem files, bool isDurable)
{
    // A thousand times what one has: more is none, whoever wrote it.
    private const long MostBytes = 1024 * 1024;

    private byte[] _written = [];

    /// <summary>Where it is.</summary>
    public string Path => path;

    /// <summary>Reads it.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ConfigurationException">It is of a later version, or none of ours.</exception>
    public async Task<JobRecord?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!files.Exists(path))
        {
            return null;
        }

        OwnFile.CheckName(path);
        if (files.LengthOf(path) > MostBytes)
        {
            throw JobRecord.Damaged(path);
        }

        using MemoryStream buffer = new();
        Stream stream = files.OpenRead(path);
        await using (stream.ConfigureAwait(Continuations.KeepContext))
        {
            await stream.CopyToAsync(buffer, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        _written = buffer.ToArray();
        return JobRecord.Parse(_written, path);
    }

    /// <summary>Writes it; changes nothing when it says so already.</summary>
    public void Write(JobRecord record)
    {
        byte[] bytes = record.ToBytes();
        if (bytes.AsSpan().SequenceEqual(_written))
        {
            return;
        }

        string next = path + ".new";
        using (Stream stream = files.OpenExclusive(next))
        {
            stream.SetLength(0);
            stream.Write(bytes);
            stream.Flush();
            if (isDurable)
            {
                files.Sync(stream);
            }
        }

        files.Move(next, path, overwrite: true);
        if (isDurable)
        {
            files.SyncDirectoryOf(path);
        }

        _written = bytes;
    }
}
