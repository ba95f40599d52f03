using System.Text.Json;
using System.Text.Unicode;

namespace AiLib.Dataflow.Providers.Json;

/// <summary>Looks at JSON without building anything.</summary>
internal static class JsonText
{
    /// <summary>Deeper JSON is refused; also the default of the platform.</summary>
    public const int MaxDepth = 64;

    /// <summary>The options of every reader here: comments and trailing commas are not JSON.</summary>
    public static JsonReaderOptions ReaderOptions { get; } = new() { MaxDepth = MaxDepth };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Whether the bytes are exactly one JSON value in valid UTF-8.</summary>
    public static bool IsOneValue(ReadOnlySpan<byte> json)
    {
        // The reader does not look inside strings; a consumer that does must not fail later.
        if (json.IsEmpty || !Utf8.IsValid(json))
        {
            return false;
        }

        var reader = new Utf8JsonReader(json, ReaderOptions);
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            // Not counted: the caller reports the answer as damaged.
            return false;
        }
    }

    /// <summary>Without a byte order mark and surrounding white space (blank lines keep a connection alive at some providers).</summary>
    public static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> json)
    {
        if (json.Span.StartsWith(ByteOrderMark))
        {
            json = json[ByteOrderMark.Length..];
        }

        return json.Trim(" \t\r\n"u8);
    }
}
