namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>The temporary file of a ledger, in memory: so many bytes fit, and the write that does not leaves what does.</summary>
internal sealed class IdFile(long capacity = long.MaxValue) : MemoryStream
{
    /// <summary>A page that was never written to the disk and is read from there.</summary>
    public void Lose(int start, int length) => GetBuffer().AsSpan(start, length).Clear();

    public override void Write(byte[] buffer, int offset, int count)
    {
        int fitting = (int)Math.Clamp(capacity - Position, 0, count);
        base.Write(buffer, offset, fitting);
        if (fitting < count)
        {
            throw new IOException("No space left on device");
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);
}
