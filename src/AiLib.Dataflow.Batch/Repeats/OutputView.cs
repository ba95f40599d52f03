using AiLib.Dataflow.Batch.Input.Compression;
using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Repeats;

/// <summary>Reads an output file that is open for writing, from its start.</summary>
/// <remarks>The lock on the file is the writer's, so it is read through the writer.</remarks>
internal sealed class OutputView(OutputFile file) : ReadOnlyStream
{
    private long _offset;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int read = file.ReadAt(_offset, buffer);
        _offset += read;
        return read;
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(buffer.Span));
    }
}
