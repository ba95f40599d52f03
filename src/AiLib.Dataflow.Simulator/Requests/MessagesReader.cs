using System.Text.Json;

namespace AiLib.Dataflow.Simulator.Requests;

/// <summary>Reads the messages of a chat: checks their shape and adds up their text.</summary>
internal static class MessagesReader
{
    /// <summary>Reads the array the reader stands on.</summary>
    public static RequestProblem? Read(ref Utf8JsonReader reader, ChatRules rules, out int count, ref long bytes)
    {
        count = 0;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return JsonValues.Wrong(ref reader, "messages", "an array of objects");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (ReadMessage(ref reader, rules, count, ref bytes) is { } problem)
            {
                return problem;
            }

            count++;
        }

        return null;
    }

    /// <summary>Reads a text or an array of parts, and adds the bytes of its text.</summary>
    public static RequestProblem? ReadContent(ref Utf8JsonReader reader, string path, ref long bytes)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                bytes += reader.ValueSpan.Length;
                return null;
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.StartArray:
                return ReadParts(ref reader, path, ref bytes);
            default:
                return JsonValues.Wrong(ref reader, path, "a string or an array of objects");
        }
    }

    private static RequestProblem? ReadMessage(ref Utf8JsonReader reader, ChatRules rules, int index, ref long bytes)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return JsonValues.Wrong(ref reader, $"messages[{index}]", "an object");
        }

        bool hasRole = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            RequestProblem? problem = null;
            if (reader.ValueTextEquals("role"u8))
            {
                reader.Read();
                problem = CheckRole(ref reader, rules, index);
                hasRole = true;
            }
            else if (reader.ValueTextEquals("content"u8))
            {
                reader.Read();
                problem = reader.TokenType is JsonTokenType.String or JsonTokenType.Null
                    ? ReadContent(ref reader, "", ref bytes)
                    : ReadContent(ref reader, $"messages[{index}].content", ref bytes);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }

            if (problem is not null)
            {
                return problem;
            }
        }

        return hasRole ? null : new RequestProblem(ProblemKind.Missing, $"messages[{index}].role");
    }

    private static RequestProblem? CheckRole(ref Utf8JsonReader reader, ChatRules rules, int index)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return JsonValues.Wrong(ref reader, $"messages[{index}].role", "a string");
        }

        foreach (string role in rules.Roles)
        {
            if (reader.ValueTextEquals(role))
            {
                return null;
            }
        }

        string allowed = string.Join(", ", rules.Roles.Select(static role => $"'{role}'"));
        return new RequestProblem(ProblemKind.NotAllowed, $"messages[{index}].role", allowed, reader.GetString()!);
    }

    private static RequestProblem? ReadParts(ref Utf8JsonReader reader, string path, ref long bytes)
    {
        for (int index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return JsonValues.Wrong(ref reader, $"{path}[{index}]", "an object");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                // Only text is estimated: an image is paid by its size, which its URL or base64 does not show.
                bool isText = reader.ValueTextEquals("text"u8);
                reader.Read();
                if (isText && reader.TokenType == JsonTokenType.String)
                {
                    bytes += reader.ValueSpan.Length;
                }

                reader.Skip();
            }
        }

        return null;
    }
}
