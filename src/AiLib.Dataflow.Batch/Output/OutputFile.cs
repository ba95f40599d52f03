using System.Buffers;
using System.Diagnostics;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>One output file and its one writer: whole lines at its end, each line alone or several in one group.</summary>
/// <remarks>
/// <para>
/// A line goes three steps. It is collected; it is written, which means that it is with the operating system and survives the end of the process; and it is
/// committed, which means that it is on the disk and survives a power cut. Whoever collects lines commits them before it waits for anything, and
/// counts none before. Where nothing is forced to the disk, a line that is written is committed.
/// </para>
/// <para>
/// Of a group that could be written only in part the whole lines stay, and the rest is taken back if that is possible; else the next run cuts it off.
/// Lines that could not be forced to the disk are taken back as well: the system may show them until the power goes, and forget that they are not
/// on the disk. After a failure nothing more is written; what was written before may still be committed.
/// </para>
/// <para>
/// Threading: by three threads, the input's reader, the results' consumer, and whoever commits. One at a time gets in to write, and one at a time commits,
/// while others write: a commit may take as long as the disk likes, and covers what was written when it began.
/// </para>
/// </remarks>
internal sealed class OutputFile : IDisposable
{
    // A group is written at the latest when it is so long: by then the cost of a write is spread thin.
    private const int LongestGroup = 64 * 1024;

    // So much may be written and not be committed: little enough to be on the disk soon, and much more than a group.
    private const int MostUncommitted = 1024 * 1024;

    // Set once in the constructor.
    private readonly Func<Stream> _open;
    private readonly Action<Stream>? _sync;
    private readonly Lock _gate = new();

    // Held while something is forced to the disk, and taken before _gate: the system tells of a failure once, so two at a time might share a bad one.
    private readonly Lock _committing = new();

    // Guarded by _gate.
    private readonly ArrayBufferWriter<byte> _group = new();
    private Stream? _stream;
    private long _written;
    private long _committed;
    private Exception? _failure;
    private bool _isCut;
    private bool _isDisposed;

    /// <summary>Takes over a file that is open and stands at its end.</summary>
    /// <param name="path">What messages call it.</param>
    /// <param name="stream">The file.</param>
    /// <param name="sync">Forces what was written to the disk; null when nothing is forced.</param>
    public OutputFile(string path, Stream stream, Action<Stream>? sync = null)
    {
        Path = path;
        _stream = stream;
        _sync = sync;
        _open = static () => throw new UnreachableException();
    }

    /// <summary>Makes the file when there is something to write.</summary>
    /// <param name="path">What messages call it.</param>
    /// <param name="open">Opens it.</param>
    /// <param name="sync">Forces what was written to the disk; null when nothing is forced.</param>
    public OutputFile(string path, Func<Stream> open, Action<Stream>? sync = null)
    {
        Path = path;
        _open = open;
        _sync = sync;
    }

    /// <summary>Its path, or how messages call it.</summary>
    public string Path { get; }

    /// <summary>Appends one line, behind those collected, and writes them. They are committed with the next ones, or when there are many.</summary>
    /// <param name="line">The line with its line feed.</param>
    /// <exception cref="OutputFailedException">It could not be written, or an earlier one could not.</exception>
    public void Append(ReadOnlySpan<byte> line)
    {
        bool isMuch;
        lock (_gate)
        {
            CollectLocked(line);
            WriteLocked();
            isMuch = _written - _committed >= MostUncommitted;
        }

        if (isMuch)
        {
            Force();
        }
    }

    /// <summary>Appends one line to the group that is written next; writes the group when it is long enough.</summary>
    /// <param name="line">The line with its line feed.</param>
    /// <exception cref="OutputFailedException">They could not be written, or an earlier one could not.</exception>
    public void Collect(ReadOnlySpan<byte> line)
    {
        bool isMuch = false;
        lock (_gate)
        {
            CollectLocked(line);
            if (_group.WrittenCount >= LongestGroup)
            {
                WriteLocked();
                isMuch = _written - _committed >= MostUncommitted;
            }
        }

        if (isMuch)
        {
            Force();
        }
    }

    /// <summary>Writes the lines that were collected; does nothing when there are none.</summary>
    /// <exception cref="OutputFailedException">They could not be written.</exception>
    public void Write()
    {
        lock (_gate)
        {
            if (_group.WrittenCount > 0)
            {
                WriteLocked();
            }
        }
    }

    /// <summary>Writes the lines that were collected, and commits all that were written; does nothing when there are none.</summary>
    /// <exception cref="OutputFailedException">They could not be written or not be committed.</exception>
    public void Commit()
    {
        Write();
        Force();
    }

    /// <summary>Commits what was written by now, while others may write more.</summary>
    /// <exception cref="OutputFailedException">It could not be committed, or what was written before could not.</exception>
    public void Force()
    {
        lock (_committing)
        {
            Stream stream;
            long written;
            lock (_gate)
            {
                if (_isCut)
                {
                    // Whoever counts lines must hear of it, even when another has heard before.
                    throw new OutputFailedException(Path, _failure!);
                }

                if (_written == _committed || _isDisposed)
                {
                    return;
                }

                stream = _stream!;
                written = _written;
            }

            try
            {
                _sync?.Invoke(stream);
            }
            catch (IOException cause)
            {
                lock (_gate)
                {
                    _failure = cause;
                    _isCut = true;
                    TryCut(stream, stream.Position - (_written - _committed));
                }

                throw new OutputFailedException(Path, cause);
            }

            lock (_gate)
            {
                _committed = written;
            }
        }
    }

    /// <summary>Reads what was written, from the given place.</summary>
    /// <param name="offset">Where to begin.</param>
    /// <param name="buffer">Gets the bytes.</param>
    /// <returns>How many there were; fewer than asked for at the end only.</returns>
    public int ReadAt(long offset, Span<byte> buffer)
    {
        lock (_gate)
        {
            if (_stream is null)
            {
                return 0;
            }

            long end = _stream.Position;
            _stream.Position = offset;
            int read = _stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            _stream.Position = end;
            return read;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_committing)
        {
            lock (_gate)
            {
                // Lines that were collected and not written, because something failed in between, were never counted: their requests run again.
                _isDisposed = true;
                _stream?.Dispose();
            }
        }
    }

    private void CollectLocked(ReadOnlySpan<byte> line)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        Debug.Assert(line.EndsWith("\n"u8));
        if (_failure is not null)
        {
            // Whoever comes second says what happened to the first.
            throw new OutputFailedException(Path, _failure);
        }

        ObjectDisposedException.ThrowIf(_isDisposed, this);

        _group.Write(line);
    }

    private void WriteLocked()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        try
        {
            _stream ??= _open();
            Write(_stream, _group.WrittenSpan);
            _written += _group.WrittenCount;
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            _failure = cause;
            throw new OutputFailedException(Path, cause);
        }
        finally
        {
            _group.ResetWrittenCount();
        }
    }

    private static void Write(Stream stream, ReadOnlySpan<byte> group)
    {
        long end = stream.CanSeek ? stream.Position : 0;
        try
        {
            stream.Write(group);
            stream.Flush();
        }
        catch (IOException) when (stream.CanSeek)
        {
            // Half a line may be there. If it cannot be taken back now, recovery does it: the first error is the one to report.
            // The whole lines stay: they are answers that were paid for.
            int written = (int)Math.Clamp(stream.Length - end, 0, group.Length);
            TryCut(stream, end + group[..written].LastIndexOf((byte)'\n') + 1);
            throw;
        }
    }

    private static void TryCut(Stream stream, long length)
    {
        try
        {
            stream.SetLength(length);
        }
        catch (IOException)
        {
            // Reported already by what failed before.
        }
    }
}
