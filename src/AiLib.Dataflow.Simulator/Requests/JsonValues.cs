using System.Text.Json;

namespace AiLib.Dataflow.Simulator.Requests;

/// <summary>Reads single values and says what is wrong with them. The reader stands on the value.</summary>
internal static class JsonValues
{
    /// <summary>Reads a string.</summary>
    public static RequestProblem? ReadString(ref Utf8JsonReader reader, string path, out string value)
    {
        value = "";
        if (reader.TokenType != JsonTokenType.String)
        {
            return Wrong(ref reader, path, "a string");
        }

        value = reader.GetString()!;
        return null;
    }

    /// <summary>Reads a boolean; null counts as false.</summary>
    public static RequestProblem? ReadBoolean(ref Utf8JsonReader reader, string path, out bool value)
    {
        value = reader.TokenType == JsonTokenType.True;
        return reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null
            ? null
            : Wrong(ref reader, path, "a boolean");
    }

    /// <summary>Reads a whole number within bounds; null counts as absent.</summary>
    public static RequestProblem? ReadInteger(ref Utf8JsonReader reader, string path, int least, int most, out int? value)
    {
        value = null;
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number))
        {
            return Wrong(ref reader, path, "an integer");
        }

        if (number < least)
        {
            return new RequestProblem(ProblemKind.TooSmall, path, Text(least), Text(number));
        }

        if (number > most)
        {
            return new RequestProblem(ProblemKind.TooLarge, path, Text(most), Text(number));
        }

        value = (int)number;
        return null;
    }

    /// <summary>The problem of a value of the wrong type; skips it.</summary>
    public static RequestProblem Wrong(ref Utf8JsonReader reader, string path, string expected)
    {
        string actual = reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "an array",
            JsonTokenType.String => "a string",
            JsonTokenType.Number when expected == "an integer" => "a decimal number",
            JsonTokenType.Number => "a number",
            JsonTokenType.True or JsonTokenType.False => "a boolean",
            _ => "null",
        };
        return new RequestProblem(ProblemKind.WrongType, path, expected, actual);
    }

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
