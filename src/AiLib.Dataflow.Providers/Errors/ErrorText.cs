namespace AiLib.Dataflow.Providers.Errors;

/// <summary>Text from outside, made fit for a message.</summary>
internal static class ErrorText
{
    /// <summary>The text on one line, without control characters (a terminal would obey them), cut to a length in characters.</summary>
    public static string OneLine(string text, int maxLength)
    {
        int length = Math.Min(text.Length, maxLength);

        // Half of a surrogate pair is not text.
        if (length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1]))
        {
            length--;
        }

        return string.Create(length, text, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = IsHarmful(source[i]) ? ' ' : source[i];
            }
        });
    }

    // Control characters, line separators, and the characters that turn the direction of text around.
    private static bool IsHarmful(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
