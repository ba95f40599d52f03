using System.Buffers;
using System.Diagnostics;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>One output file and its one writer: whole lines at its end, each line alone or several in one group.</summary>
/// <remarks>
/// <para>A line that was written is with the operating system: it survives the end of the process, not yet a power cut, since nothing is forced to
/// the disk here. A line that is only collected is not: whoever collects lines writes them before it waits for anything, and counts none before. Of a
/// group that could be written only in part the whole lines stay, and the rest is taken back if that is possible; else the next run cuts it off. After
/// a failure nothing more is written.</para>
/// <para>Threading: by two threads, the input's reader and the results' consumer; one at a time gets in.</para>
/// </remarks>
internal sealed class OutputFile : IDisposable
{
    // A group is written at the latest when it is so long: by then the cost of a write is spread thin.
    private const int LongestGroup = 64 * 1024;

    // Set once in the constructor.
    private readonly Func<Stream> _open;
    private readonly Lock _sync = new();

    // Guarded by _sync.
    private readonly ArrayBufferWriter<byte> _group = new();
    private int _groupLines;
    private Stream? _stream;
    private bool _hasFailed;
    private bool _isDisposed;

    /// <summary>Takes over a file that is open and stands at its end.</summary>
    public OutputFile(string path, Stream stream)
    {
        Path = path;
        _stream = stream;
        _open = static () => throw new UnreachableException();
    }

    /// <summary>Makes the file when there is something to write.</summary>
    public OutputFile(string path, Func<Stream> open)
    {
        Path = path;
        _open = open;
    }

    /// <summary>Its path, or how messages call it.</summary>
    public string Path { get; }

    /// <summary>Appends one line, behind those collected, and writes them.</summary>
    /// <param name="line">The line with its line feed.</param>
    /// <returns>How many lines were written, this one included.</returns>
    /// <exception cref="OutputFailedException">It could not be written, or an earlier one could not.</exception>
    public int Append(ReadOnlySpan<byte> line)
    {
        lock (_sync)
        {
            CollectLocked(line);
            return WriteLocked();
        }
    }

    /// <summary>Appends one line to the group that is written next; writes the group when it is long enough.</summary>
    /// <param name="line">The line with its line feed.</param>
    /// <returns>How many lines were written.</returns>
    /// <exception cref="OutputFailedException">They could not be written, or an earlier one could not.</exception>
    public int Collect(ReadOnlySpan<byte> line)
    {
        lock (_sync)
        {
            CollectLocked(line);
            return _group.WrittenCount < LongestGroup ? 0 : WriteLocked();
        }
    }

    /// <summary>Writes the lines that were collected; does nothing when there are none.</summary>
    /// <returns>How many lines were written.</returns>
    /// <exception cref="OutputFailedException">They could not be written. The group is dropped.</exception>
    public int Write()
    {
        lock (_sync)
        {
            return _groupLines == 0 ? 0 : WriteLocked();
        }
    }

    /// <summary>Reads what was written, from the given place.</summary>
    /// <param name="offset">Where to begin.</param>
    /// <param name="buffer">Gets the bytes.</param>
    /// <returns>How many there were; fewer than asked for at the end only.</returns>
    public int ReadAt(long offset, Span<byte> buffer)
    {
        lock (_sync)
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
        lock (_sync)
        {
            Debug.Assert(_groupLines == 0);
            _isDisposed = true;
            _stream?.Dispose();
        }
    }

    private void CollectLocked(ReadOnlySpan<byte> line)
    {
        Debug.Assert(_sync.IsHeldByCurrentThread);
        Debug.Assert(line.EndsWith("\n"u8));
        if (_hasFailed || _isDisposed)
        {
            throw new OutputFailedException(Path, new IOException("an earlier line could not be written."));
        }

        _group.Write(line);
        _groupLines++;
    }

    private int WriteLocked()
    {
        Debug.Assert(_sync.IsHeldByCurrentThread);
        int lines = _groupLines;
        try
        {
            _stream ??= _open();
            Write(_stream, _group.WrittenSpan);
            return lines;
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            _hasFailed = true;
            throw new OutputFailedException(Path, cause);
        }
        finally
        {
            _groupLines = 0;
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
            TryCut(stream, end, group);
            throw;
        }
    }

    /// <summary>Leaves the whole lines of a group that was written in part: they are answers that were paid for.</summary>
    private static void TryCut(Stream stream, long end, ReadOnlySpan<byte> group)
    {
        try
        {
            int written = (int)Math.Clamp(stream.Length - end, 0, group.Length);
            stream.SetLength(end + group[..written].LastIndexOf((byte)'\n') + 1);
        }
        catch (IOException)
        {
            // Reported already by the write that failed before.
        }
    }
}
