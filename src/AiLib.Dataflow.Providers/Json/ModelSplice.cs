using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace AiLib.Dataflow.Providers.Json;

/// <summary>Sets the top-level <c>model</c> of a JSON object and leaves every other byte alone.</summary>
/// <remarks>Immutable; safe for use by several threads. One array is allocated per request, of the exact size.</remarks>
internal sealed class ModelSplice
{
    // One is usual. With several, parsers differ in which counts, so all are set; more than this is no honest request.
    private const int MaxPlaces = 8;

    private readonly byte[] _value;

    /// <summary>Creates the splice.</summary>
    /// <param name="model">The model to ask for.</param>
    public ModelSplice(string model) => _value = [(byte)'"', .. JsonEncodedText.Encode(model).EncodedUtf8Bytes, (byte)'"'];

    private static ReadOnlySpan<byte> Name => "\"model\":"u8;

    /// <summary>Sets the model, adding it as the first property when there is none.</summary>
    /// <param name="body">The request's JSON.</param>
    /// <param name="result">The new JSON.</param>
    /// <returns>False when the body is not one JSON object.</returns>
    public bool TrySet(ReadOnlySpan<byte> body, [NotNullWhen(true)] out byte[]? result)
    {
        Span<Range> places = stackalloc Range[MaxPlaces];
        try
        {
            if (!TryFind(body, places, out int count, out int firstProperty, out bool isEmpty))
            {
                result = null;
                return false;
            }

            result = count > 0 ? Replace(body, places[..count]) : Insert(body, firstProperty, isEmpty);
            return true;
        }
        catch (JsonException)
        {
            // Not JSON: the caller refuses the request and says so.
            result = null;
            return false;
        }
        catch (InvalidOperationException)
        {
            // An escaped name that is no valid text; thrown by ValueTextEquals.
            result = null;
            return false;
        }
    }

    private static bool TryFind(ReadOnlySpan<byte> body, Span<Range> places, out int count, out int firstProperty, out bool isEmpty)
    {
        var reader = new Utf8JsonReader(body, JsonText.ReaderOptions);
        count = 0;
        firstProperty = 0;
        isEmpty = true;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        firstProperty = (int)reader.BytesConsumed;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isEmpty = false;
            bool isModel = reader.ValueTextEquals("model"u8);
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isModel && count == places.Length)
            {
                return false;
            }

            if (isModel)
            {
                places[count++] = start..(int)reader.BytesConsumed;
            }
        }

        // Nothing but white space may follow; the reader throws otherwise.
        return !reader.Read();
    }

    private byte[] Replace(ReadOnlySpan<byte> body, ReadOnlySpan<Range> places)
    {
        int length = body.Length;
        foreach (Range place in places)
        {
            length += _value.Length - (place.End.Value - place.Start.Value);
        }

        byte[] result = GC.AllocateUninitializedArray<byte>(length);
        Span<byte> rest = result;
        int copied = 0;
        foreach (Range place in places)
        {
            rest = Append(rest, body[copied..place.Start.Value]);
            rest = Append(rest, _value);
            copied = place.End.Value;
        }

        Append(rest, body[copied..]);
        return result;
    }

    private byte[] Insert(ReadOnlySpan<byte> body, int at, bool isEmpty)
    {
        byte[] result = GC.AllocateUninitializedArray<byte>(body.Length + Name.Length + _value.Length + (isEmpty ? 0 : 1));
        Span<byte> rest = Append(result, body[..at]);
        rest = Append(rest, Name);
        rest = Append(rest, _value);
        rest = Append(rest, isEmpty ? default : ","u8);
        Append(rest, body[at..]);
        return result;
    }

    private static Span<byte> Append(Span<byte> target, ReadOnlySpan<byte> part)
    {
        part.CopyTo(target);
        return target[part.Length..];
    }
}
