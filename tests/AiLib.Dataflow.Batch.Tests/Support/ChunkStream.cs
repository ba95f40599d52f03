namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>Gives bytes out in pieces of at most the given size, as a slow pipe would.</summary>
internal sealed class ChunkStream(byte[] bytes, int chunk) : MemoryStream(bytes, writable: false)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
}
