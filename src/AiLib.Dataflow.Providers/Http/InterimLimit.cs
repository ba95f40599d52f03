using System.Runtime.CompilerServices;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>A connection on which a server may send a few interim answers (1xx) before the one that counts, and no more.</summary>
/// <remarks>
/// The transport reads them for as long as they come. Here the heads behind each request are looked at until one is not 1xx, which the first byte that
/// differs tells; bodies are not looked at. HTTP/1.1, which is all that is spoken. One reader and one writer at a time, as the transport does.
/// </remarks>
internal sealed class InterimLimit(Stream inner) : Stream
{
    /// <summary>The most interim answers to one request.</summary>
    public const int Most = 8;

    // "HTTP/1.1 103": the first digit of the status.
    private const int StatusPlace = 9;

    // The reader's own but for the beginning: a request is written before anything that answers it is read.
    private bool _isLooking;
    private int _count;
    private bool _isInStatusLine;
    private int _place;

    /// <inheritdoc/>
    public override bool CanRead => inner.CanRead;

    /// <inheritdoc/>
    public override bool CanWrite => inner.CanWrite;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int read = inner.Read(buffer);
        Look(buffer[..read]);
        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> reading = inner.ReadAsync(buffer, cancellationToken);

        // The transport waits for an answer by a read of no bytes, and what it reads then is there.
        return buffer.IsEmpty ? reading : LookAsync(reading, buffer);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Begin();
        inner.Write(buffer);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Begin();
        return inner.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> LookAsync(ValueTask<int> reading, Memory<byte> buffer)
    {
        int read = await reading.ConfigureAwait(Continuations.KeepContext);
        Look(buffer.Span[..read]);
        return read;
    }

    private void Begin()
    {
        (_count, _isInStatusLine, _place) = (0, true, 0);
        _isLooking = true;
    }

    private void Look(ReadOnlySpan<byte> bytes)
    {
        for (int index = 0; _isLooking && index < bytes.Length; index++)
        {
            Look(bytes[index]);
        }
    }

    private void Look(byte value)
    {
        if (_isInStatusLine && _place == StatusPlace && value != '1')
        {
            _isLooking = false;
        }
        else if (value != '\n')
        {
            // A line that is empty but for its end closes a head.
            _place += value == '\r' ? 0 : 1;
        }
        else if (_isInStatusLine || _place > 0)
        {
            (_isInStatusLine, _place) = (false, 0);
        }
        else if (++_count > Most)
        {
            throw new InterimAnswersException();
        }
        else
        {
            _isInStatusLine = true;
        }
    }
}

/// <summary>A server sent more interim answers than anybody needs.</summary>
internal sealed class InterimAnswersException() : IOException($"more than {InterimLimit.Most} interim answers (1xx) came in place of an answer");
