using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>A rented buffer for one answer, with a JSON writer over it; one spare is kept per thread.</summary>
internal sealed class ResponseBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstSize = 4096;

    // Larger buffers are given back to the pool, or every thread would keep its largest answer.
    private const int LargestKept = 64 * 1024;

    [ThreadStatic]
    private static ResponseBuffer? _spare;

    private readonly Utf8JsonWriter _json;
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _count;

    private ResponseBuffer()
    {
        // Escapes what JSON demands and no more, as the providers do; the output is never put into HTML.
        var options = new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        _json = new Utf8JsonWriter(this, options);
    }

    /// <summary>The bytes written so far.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _count);

    /// <summary>An empty buffer; to be disposed.</summary>
    public static ResponseBuffer Rent()
    {
        ResponseBuffer buffer = _spare ?? new ResponseBuffer();
        _spare = null;
        return buffer;
    }

    /// <summary>The writer, at the start of a new value; flush it before writing anything else.</summary>
    public Utf8JsonWriter BeginJson()
    {
        _json.Reset();
        return _json;
    }

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _count += bytes.Length;
    }

    /// <summary>Forgets what was written.</summary>
    public void Clear() => _count = 0;

    /// <inheritdoc/>
    public void Advance(int count) => _count += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_count);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _count = 0;
        if (_spare is null && _bytes.Length <= LargestKept)
        {
            _spare = this;
            return;
        }

        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _json.Dispose();
    }

    private void Reserve(int sizeHint)
    {
        int needed = _count + Math.Max(sizeHint, 1);
        if (needed <= _bytes.Length)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * _bytes.Length));
        _bytes.AsSpan(0, _count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
