using System.Buffers;
using System.IO.Pipelines;

namespace AiLib.Dataflow.Simulator.Requests;

/// <summary>The bytes of one request body in a rented array.</summary>
internal sealed class PooledBody : IDisposable
{
    /// <summary>The largest body that is accepted.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    private const int FirstSize = 4096;

    private byte[] _bytes;
    private int _count;

    private PooledBody(int size)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(size);
    }

    /// <summary>The body.</summary>
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _count);

    /// <summary>Reads the whole body; null when it is larger than <see cref="MaxBytes"/>.</summary>
    public static async ValueTask<PooledBody?> ReadAsync(PipeReader reader, long? contentLength)
    {
        if (contentLength > MaxBytes)
        {
            return null;
        }

        // Room is made as bytes arrive, so that a length that is only claimed costs nothing.
        var body = new PooledBody((int)Math.Min(contentLength ?? FirstSize, FirstSize));
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync().ConfigureAwait(Continuations.KeepContext);
                bool fits = body.TryAppend(result.Buffer);
                reader.AdvanceTo(result.Buffer.End);
                if (!fits)
                {
                    body.Dispose();
                    return null;
                }

                if (result.IsCompleted)
                {
                    return body;
                }
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        _count = 0;
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private bool TryAppend(ReadOnlySequence<byte> more)
    {
        long total = _count + more.Length;
        if (total > MaxBytes)
        {
            return false;
        }

        if (total > _bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(total, 2L * _bytes.Length));
            Span.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        more.CopyTo(_bytes.AsSpan(_count));
        _count = (int)total;
        return true;
    }
}
