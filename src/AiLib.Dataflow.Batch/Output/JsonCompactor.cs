using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Brings a JSON value into one line without changing what it says.</summary>
internal static class JsonCompactor
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = Input.BatchLineParser.MaxDepth };
    private static readonly SearchValues<byte> LineBreaks = SearchValues.Create("\n\r"u8);

    /// <summary>Whether the bytes are exactly one JSON value in UTF-8, not too deep to stand in a line.</summary>
    public static bool IsOneValue(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty || !Utf8.IsValid(json))
        {
            return false;
        }

        Utf8JsonReader reader = new(json, Options);
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            // Not counted: the caller writes something else in its place, and says so.
            return false;
        }
    }

    /// <summary>
    /// The value in one line: the same bytes when there is no line break in them, else those that are no white space between tokens.
    /// </summary>
    /// <param name="json">One valid JSON value.</param>
    public static ReadOnlyMemory<byte> ToOneLine(ReadOnlyMemory<byte> json)
    {
        // A lone carriage return is a line break to half of the programs that read lines.
        if (!json.Span.ContainsAny(LineBreaks))
        {
            return json;
        }

        byte[] compact = new byte[json.Length];
        int length = 0;
        bool inString = false;
        bool isEscaped = false;
        foreach (byte value in json.Span)
        {
            // In a valid value every quote outside a string begins one, and there is no raw line break inside.
            if (inString)
            {
                inString = isEscaped || value != '"';
                isEscaped = !isEscaped && value == '\\';
            }
            else if (value is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
            {
                continue;
            }
            else
            {
                inString = value == '"';
            }

            compact[length++] = value;
        }

        return compact.AsMemory(0, length);
    }
}
