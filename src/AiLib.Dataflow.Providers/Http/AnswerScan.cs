using System.Text.Json;
using System.Text.Unicode;
using AiLib.Dataflow.Providers.Json;
using AiLib.Dataflow.Providers.Usage;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>What one pass over an answer finds, which is also the pass that proves it to be whole.</summary>
/// <param name="Usage">The tokens used; null when the answer does not say.</param>
/// <param name="HasError">Whether the answer is an error in spite of its status.</param>
internal readonly record struct AnswerScan(TokenUsage? Usage, bool HasError)
{
    /// <summary>Reads an answer.</summary>
    /// <param name="json">The body.</param>
    /// <param name="scan">What was found.</param>
    /// <returns>Whether the body is exactly one JSON value in valid UTF-8.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, out AnswerScan scan)
    {
        scan = default;
        if (json.IsEmpty || !Utf8.IsValid(json))
        {
            return false;
        }

        try
        {
            scan = Read(json);
            return true;
        }
        catch (JsonException)
        {
            // Reported by the caller as a damaged answer.
            return false;
        }
        catch (InvalidOperationException)
        {
            // A name with an escape that is no text; thrown where names are compared.
            return false;
        }
    }

    private static AnswerScan Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, JsonText.ReaderOptions);
        TokenUsage? usage = null;
        bool hasError = false;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
            {
                continue;
            }

            if (reader.ValueTextEquals("usage"u8) || reader.ValueTextEquals("usageMetadata"u8))
            {
                reader.Read();
                usage = UsageReader.Read(ref reader) ?? usage;
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                hasError |= IsError(ref reader);
            }
        }

        return new AnswerScan(usage, hasError);
    }

    /// <summary>Whether the value says anything: null, false, an empty string and an empty object do not.</summary>
    private static bool IsError(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.ValueSpan.Length > 0;
            case JsonTokenType.StartObject:
                reader.Read();
                bool isEmpty = reader.TokenType == JsonTokenType.EndObject;
                while (reader.CurrentDepth > 1)
                {
                    reader.Read();
                }

                return !isEmpty;
            default:
                reader.Skip();
                return false;
        }
    }
}
