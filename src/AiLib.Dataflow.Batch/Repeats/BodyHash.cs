using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Repeats;

/// <summary>128 bits that are equal for equal requests: the same path, and bodies that are the same but for white space and the way in which texts are escaped.</summary>
/// <remarks>The order of keys counts, and so does the way in which a number is written. One caller at a time.</remarks>
internal sealed class BodyHash
{
    // The body stands in a line, one level down, and was read there.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = BatchLineParser.MaxDepth + 1 };

    private readonly ArrayBufferWriter<byte> _buffer = new(4096);

    /// <summary>The hash of a request.</summary>
    public BatchId Of(ProviderRequest request)
    {
        _buffer.ResetWrittenCount();
        Encoding.UTF8.GetBytes(request.Path, _buffer);
        try
        {
            WriteTokens(request.Body.Span);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Escapes that are no text, such as half of a surrogate pair: equal are then only equal bytes.
            _buffer.ResetWrittenCount();
            Encoding.UTF8.GetBytes(request.Path, _buffer);
            _buffer.Write("\n"u8);
            _buffer.Write(request.Body.Span);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_buffer.WrittenSpan, hash);
        return new BatchId(BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]));
    }

    /// <summary>Each token: what it is, how long it is, and its text. So two sequences of tokens never make the same bytes.</summary>
    private void WriteTokens(ReadOnlySpan<byte> body)
    {
        Utf8JsonReader reader = new(body, Options);
        while (reader.Read())
        {
            Span<byte> head = _buffer.GetSpan(5 + reader.ValueSpan.Length);
            int length = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName
                ? reader.CopyString(head[5..])
                : CopyRaw(reader.ValueSpan, head[5..]);
            head[0] = (byte)reader.TokenType;
            BinaryPrimitives.WriteInt32LittleEndian(head[1..], length);
            _buffer.Advance(5 + length);
        }
    }

    private static int CopyRaw(ReadOnlySpan<byte> value, Span<byte> target)
    {
        value.CopyTo(target);
        return value.Length;
    }
}
