using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;
using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Reads back a line that an earlier run wrote.</summary>
internal static class RecoveredLine
{
    /// <summary>How deep a line may be: one level more than a body, and another for the response around it.</summary>
    public const int MaxDepth = BatchLineParser.MaxDepth + 4;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    // What cannot stand in a line of JSON, and what does where a page of a file was lost: it reads as zeros.
    private static readonly SearchValues<byte> Controls = SearchValues.Create([.. Enumerable.Range(0, ' ').Where(static code => code != '\t').Select(static code => (byte)code)]);

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

    /// <summary>What a line says that its answer cost, in USD; 0 when it does not say, or not in the form in which it was written.</summary>
    public static decimal CostOf(ReadOnlySpan<byte> line)
    {
        int exchange = line.IndexOf(OutputLine.Exchange);
        ReadOnlySpan<byte> facts = line[..Math.Max(0, exchange)];
        int cost = facts.IndexOf(OutputLine.Cost);
        return cost >= 0 && Utf8Parser.TryParse(facts[(cost + OutputLine.Cost.Length)..], out decimal value, out _) ? value : 0;
    }

    /// <summary>As <see cref="TryRead"/>, without parsing the body, for lines that have been on the disk for long.</summary>
    /// <remarks>
    /// For lines that end in a line feed: what a crash does to those of a file that only grows is to lose pages, which then read as zeros, and a line cut short has no
    /// line feed. So a line that begins and ends like ours and has no control character is as it was written. One in another form, such as an editor's, is parsed.
    /// </remarks>
    public static bool TryGlance(ReadOnlySpan<byte> line, out BatchId id)
    {
        ReadOnlySpan<byte> opening = OutputLine.Opening;
        int idEnd = opening.Length + BatchId.Length - BatchId.Prefix.Length;
        return line.Length > idEnd
            && line.StartsWith(opening)
            && BatchId.TryParse(line[(opening.Length - BatchId.Prefix.Length)..idEnd], out id)
            && line[idEnd..].StartsWith("\",\"custom_id\":"u8)
            && (line.EndsWith("},\"error\":null}"u8) || line.EndsWith("\"}}"u8))
            && !line.ContainsAny(Controls)
            && Utf8.IsValid(line)
            || TryRead(line, out id);
    }
}
