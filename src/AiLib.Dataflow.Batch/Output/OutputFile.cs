using System.Diagnostics;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>One output file and its one writer: whole lines at its end, each handed to the operating system before the next is taken.</summary>
/// <remarks>
/// <para>A line that was appended survives the end of the process, not yet a power cut: nothing is forced to the disk here. A line that could be written only in part is
/// taken back if that is possible; else the next run cuts it off. After a failure nothing more is written.</para>
/// <para>Threading: <see cref="Append"/> by two threads, the input's reader and the results' consumer; one at a time gets in.</para>
/// </remarks>
internal sealed class OutputFile : IDisposable
{
    // Set once in the constructor.
    private readonly Func<Stream> _open;
    private readonly Lock _sync = new();

    // Guarded by _sync.
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

    /// <summary>Appends one line.</summary>
    /// <param name="line">The line with its line feed.</param>
    /// <exception cref="OutputFailedException">It could not be written, or an earlier one could not.</exception>
    public void Append(ReadOnlySpan<byte> line)
    {
        Debug.Assert(line.EndsWith("\n"u8));
        lock (_sync)
        {
            if (_hasFailed || _isDisposed)
            {
                throw new OutputFailedException(Path, new IOException("an earlier line could not be written."));
            }

            try
            {
                _stream ??= _open();
                WriteLocked(_stream, line);
            }
            catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                _hasFailed = true;
                throw new OutputFailedException(Path, cause);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_sync)
        {
            _isDisposed = true;
            _stream?.Dispose();
        }
    }

    private void WriteLocked(Stream stream, ReadOnlySpan<byte> line)
    {
        Debug.Assert(_sync.IsHeldByCurrentThread);
        long end = stream.CanSeek ? stream.Position : 0;
        try
        {
            stream.Write(line);
            stream.Flush();
        }
        catch (IOException) when (stream.CanSeek)
        {
            // Half a line may be there. If it cannot be taken back now, recovery does it: the first error is the one to report.
            TryCut(stream, end);
            throw;
        }
    }

    private static void TryCut(Stream stream, long end)
    {
        try
        {
            stream.SetLength(end);
        }
        catch (IOException)
        {
            // Reported already by the write that failed before.
        }
    }
}
