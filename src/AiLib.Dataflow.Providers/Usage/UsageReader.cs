using System.Text.Json;

namespace AiLib.Dataflow.Providers.Usage;

/// <summary>Reads the usage object of any provider.</summary>
/// <remarks>
/// OpenAI chat, completions, embeddings and responses; DeepSeek and the other compatible ones; Anthropic, whose input leaves the cached part out; Gemini's
/// own form, whose output leaves the thoughts out.
/// </remarks>
internal static class UsageReader
{
    /// <summary>Reads the value the reader stands on, and leaves the reader on its last token.</summary>
    /// <returns>The usage; null when the value is no object or says nothing.</returns>
    /// <exception cref="JsonException">The JSON is damaged.</exception>
    public static TokenUsage? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        UsageFields fields = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (IsDetails(ref reader))
            {
                ReadDetails(ref reader, ref fields);
            }
            else
            {
                ReadField(ref reader, ref fields);
            }
        }

        return fields.ToUsage();
    }

    private static bool IsDetails(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("prompt_tokens_details"u8) || reader.ValueTextEquals("completion_tokens_details"u8)
        || reader.ValueTextEquals("input_tokens_details"u8) || reader.ValueTextEquals("output_tokens_details"u8);

    private static void ReadDetails(ref Utf8JsonReader reader, ref UsageFields fields)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("cached_tokens"u8))
            {
                fields.Cached = Number(ref reader) ?? fields.Cached;
            }
            else if (reader.ValueTextEquals("reasoning_tokens"u8))
            {
                fields.Reasoning = Number(ref reader) ?? fields.Reasoning;
            }
            else
            {
                Number(ref reader);
            }
        }
    }

    private static void ReadField(ref Utf8JsonReader reader, ref UsageFields fields)
    {
        if (reader.ValueTextEquals("prompt_tokens"u8) || reader.ValueTextEquals("promptTokenCount"u8))
        {
            fields.Prompt = Number(ref reader) ?? fields.Prompt;
        }
        else if (reader.ValueTextEquals("input_tokens"u8))
        {
            fields.Input = Number(ref reader) ?? fields.Input;
        }
        else if (reader.ValueTextEquals("completion_tokens"u8) || reader.ValueTextEquals("output_tokens"u8) || reader.ValueTextEquals("candidatesTokenCount"u8))
        {
            fields.Output = Number(ref reader) ?? fields.Output;
        }
        else if (reader.ValueTextEquals("total_tokens"u8) || reader.ValueTextEquals("totalTokenCount"u8))
        {
            fields.Total = Number(ref reader) ?? fields.Total;
        }
        else if (reader.ValueTextEquals("prompt_cache_hit_tokens"u8) || reader.ValueTextEquals("cachedContentTokenCount"u8))
        {
            fields.Cached = Number(ref reader) ?? fields.Cached;
        }
        else if (reader.ValueTextEquals("cache_creation_input_tokens"u8))
        {
            fields.CacheWritten = Number(ref reader) ?? fields.CacheWritten;
        }
        else if (reader.ValueTextEquals("cache_read_input_tokens"u8))
        {
            fields.CacheRead = Number(ref reader) ?? fields.CacheRead;
        }
        else if (reader.ValueTextEquals("thoughtsTokenCount"u8))
        {
            fields.Thoughts = Number(ref reader) ?? fields.Thoughts;
        }
        else
        {
            Number(ref reader);
        }
    }

    /// <summary>The next value when it is a whole number of tokens; any other value is passed over.</summary>
    private static long? Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value) && value >= 0)
        {
            return value;
        }

        reader.Skip();
        return null;
    }
}
