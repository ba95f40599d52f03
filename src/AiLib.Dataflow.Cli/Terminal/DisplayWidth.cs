using System.Globalization;
using System.Text;

namespace AiLib.Dataflow.Cli.Terminal;

/// <summary>How many columns of a terminal a text takes: none for marks on a letter, two for what is as wide as high.</summary>
/// <remarks>
/// Terminals do not agree on every character. Where they differ the wider reading is taken: a line that is cut too early does no harm, one that wraps spoils the picture.
/// </remarks>
internal static class DisplayWidth
{
    // East Asian wide and full-width characters, and what terminals draw as pictures.
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F), (0x231A, 0x231B), (0x2329, 0x232A), (0x23E9, 0x23F3), (0x25FD, 0x25FE), (0x2614, 0x2615), (0x2648, 0x2653), (0x267F, 0x267F), (0x2693, 0x2693),
        (0x26A1, 0x26A1), (0x26AA, 0x26AB), (0x26BD, 0x26BE), (0x26C4, 0x26C5), (0x26CE, 0x26D4), (0x26EA, 0x26FD), (0x2705, 0x2705), (0x270A, 0x270B), (0x2728, 0x2728),
        (0x274C, 0x274E), (0x2753, 0x2757), (0x2795, 0x2797), (0x27B0, 0x27BF), (0x2B1B, 0x2B1C), (0x2B50, 0x2B55), (0x2E80, 0x303E), (0x3041, 0x4DBF), (0x4E00, 0xA4CF),
        (0xA960, 0xA97F), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE10, 0xFE19), (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x16FE0, 0x18DFF), (0x1AFF0, 0x1B2FF),
        (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF), (0x1F18E, 0x1F19A), (0x1F1E6, 0x1F320), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F7E0, 0x1F7F0), (0x1F900, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    /// <summary>The columns of a text without control characters.</summary>
    public static int Of(string text)
    {
        int width = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            width += Of(rune);
        }

        return width;
    }

    /// <summary>The beginning of a text that fits, with an ellipsis when something is missing.</summary>
    /// <param name="text">A text without control characters.</param>
    /// <param name="width">The columns there are.</param>
    public static string Cut(string text, int width)
    {
        if (Of(text) <= width)
        {
            return text;
        }

        int used = 0;
        int length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            used += Of(rune);
            if (used > width - 1)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        return width > 0 ? string.Concat(text.AsSpan(0, length), "…") : "";
    }

    private static int Of(Rune rune)
    {
        if (rune.Value < 0x300)
        {
            return 1;
        }

        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark)
        {
            return 0;
        }

        foreach ((int first, int last) in Wide)
        {
            if (rune.Value <= last)
            {
                return rune.Value >= first ? 2 : 1;
            }
        }

        return 1;
    }
}
