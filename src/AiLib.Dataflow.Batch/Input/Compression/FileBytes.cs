namespace AiLib.Dataflow.Batch.Input.Compression;

/// <summary>The bytes of a file as they stand, counted: first those that were read to see what it is, then the rest.</summary>
/// <remarks>One reader. The stream behind it is not disposed.</remarks>
internal sealed class FileBytes(Stream stream, ReadOnlyMemory<byte> first) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _first = first;

    /// <summary>How many bytes were taken.</summary>
    public long Count { get; private set; }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int read = _first.IsEmpty ? stream.Read(buffer) : TakeFirst(buffer);
        Count += read;
        return read;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = _first.IsEmpty
            ? await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(Continuations.KeepContext)
            : TakeFirst(buffer.Span);
        Count += read;
        return read;
    }

    private int TakeFirst(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _first.Length);
        _first.Span[..count].CopyTo(buffer);
        _first = _first[count..];
        return count;
    }
}
