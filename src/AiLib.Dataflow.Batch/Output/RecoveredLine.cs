using System.Text.Json;
using System.Text.Unicode;
using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Reads back a line that an earlier run wrote.</summary>
internal static class RecoveredLine
{
    // The line is one level deeper than a body may be, and the response around it another.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = BatchLineParser.MaxDepth + 4 };

    /// <summary>Whether the bytes are one whole line of ours, and whose.</summary>
    /// <remarks>All of it is looked at: a torn or overwritten line may well begin like a good one.</remarks>
    public static bool TryRead(ReadOnlySpan<byte> line, out BatchId id)
    {
        id = default;
        if (!Utf8.IsValid(line))
        {
            return false;
        }

        try
        {
            Utf8JsonReader reader = new(line, Options);
            bool hasId = false;
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isId = reader.ValueTextEquals("id"u8);
                reader.Read();
                if (isId)
                {
                    hasId = reader.TokenType == JsonTokenType.String && BatchId.TryParse(reader.GetString(), out id);
                }

                reader.Skip();
            }

            reader.Read();
            return hasId;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not ours, or no longer whole. The second is what the platform throws for escapes that are no text.
            return false;
        }
    }
}
