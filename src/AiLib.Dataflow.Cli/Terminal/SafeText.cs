using System.Globalization;
using System.Text;

namespace AiLib.Dataflow.Cli.Terminal;

/// <summary>
/// Makes text harmless for a terminal: what a model, a file or a provider wrote must not move the cursor, change colours or hide characters.
/// </summary>
internal static class SafeText
{
    /// <summary>One line, with everything that a terminal would obey, or not show, written out as <c>\xNN</c> or <c>\u{NNNN}</c>.</summary>
    public static string Of(string text) => Of(text, keepsLines: false);

    /// <summary>The same for text of our own that has several lines.</summary>
    public static string OfLines(string text) => Of(text, keepsLines: true);

    private static string Of(string text, bool keepsLines)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder? safe = null;
        int index = 0;
        while (index < text.Length)
        {
            bool isWhole = Rune.TryGetRuneAt(text, index, out Rune rune);
            int length = isWhole ? rune.Utf16SequenceLength : 1;
            if (isWhole && (!IsHarmful(rune) || (keepsLines && rune.Value is '\n' or '\t')))
            {
                safe?.Append(text, index, length);
            }
            else
            {
                safe ??= new StringBuilder(text, 0, index, text.Length + 16);
                AppendEscaped(safe, isWhole ? rune.Value : text[index]);
            }

            index += length;
        }

        return safe?.ToString() ?? text;
    }

    private static bool IsHarmful(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        // C0 with ESC and CR, DEL, C1; bidirectional controls, zero-width characters, tags, byte order marks; the two line separators.
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => true,

        // Combining marks without a width of their own that programs use to hide text: variation selectors and the grapheme joiner; fillers that show nothing.
        _ => rune.Value is 0x034F or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF) or 0x115F or 0x1160 or 0x3164 or 0xFFA0,
    };

    private static void AppendEscaped(StringBuilder safe, int value) =>
        safe.Append(value <= 0xFF ? FormattableString.Invariant($"\\x{value:X2}") : FormattableString.Invariant($"\\u{{{value:X4}}}"));
}
