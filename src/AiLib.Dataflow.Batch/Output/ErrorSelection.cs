using System.Globalization;
using System.Text.Json;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Which of the error lines are to be tried again.</summary>
/// <remarks>Immutable, thread-safe.</remarks>
internal sealed class ErrorSelection
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = RecoveredLine.MaxDepth };

    private readonly HashSet<string> _codes;

    private ErrorSelection(HashSet<string> codes) => _codes = codes;

    /// <summary>Reads the codes.</summary>
    /// <param name="codes">HTTP statuses (<c>429</c>, <c>5xx</c>), codes of the tool with or without <c>ailib_</c>, codes of bad lines; none for all.</param>
    /// <returns>Null for all.</returns>
    /// <exception cref="ConfigurationException">One is none of these.</exception>
    public static ErrorSelection? From(IReadOnlyList<string> codes)
    {
        string[] wrong = [.. codes.Where(code => !IsCode(code))];
        if (wrong.Length > 0)
        {
            throw new ConfigurationException([.. wrong.Select(code => $"'{code}' is no code of an error line; name HTTP statuses such as 429 or 5xx, or codes as they stand in the errors file such as ailib_E3003.")]);
        }

        return codes.Count == 0 ? null : new ErrorSelection([.. codes.Select(Bare)]);
    }

    /// <summary>Whether a text can be a code.</summary>
    public static bool IsCode(string code)
    {
        string bare = Bare(code);
        return bare.Length == 3 && bare[0] is >= '1' and <= '5' && (bare.EndsWith("XX", StringComparison.Ordinal) || bare.All(char.IsAsciiDigit))
            || Enum.GetValues<ProviderErrorCode>().Any(known => string.Equals(known.ToText(), bare, StringComparison.Ordinal))
            || BatchLineErrors.All.Contains(bare, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Whether a whole line of the errors file is to be tried again.</summary>
    public bool Includes(ReadOnlySpan<byte> line)
    {
        Utf8JsonReader reader = new(line, Options);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 2)
            {
                continue;
            }

            // The status of "response" or the code of "error": nothing else at this depth is called so.
            if (reader.ValueTextEquals("status_code"u8) && reader.Read() && reader.TryGetInt32(out int status))
            {
                string text = status.ToString(CultureInfo.InvariantCulture);
                return _codes.Contains(text) || _codes.Contains(text[..1] + "XX");
            }

            if (reader.ValueTextEquals("code"u8) && reader.Read())
            {
                return _codes.Contains(Bare(reader.GetString() ?? ""));
            }

            reader.Skip();
        }

        return false;
    }

    private static string Bare(string code) =>
        (code.StartsWith(FailureCode.Prefix, StringComparison.OrdinalIgnoreCase) ? code[FailureCode.Prefix.Length..] : code).ToUpperInvariant();
}
