using System.Buffers;
using System.Globalization;

namespace AiLib.Dataflow.Providers.Waits;

/// <summary>Reads durations as Go prints them: <c>6m0s</c>, <c>250ms</c>, <c>1h2m3.5s</c>. Days are read as well.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>Reads a duration.</summary>
    /// <param name="text">The whole text must be the duration.</param>
    /// <param name="seconds">The duration; negative when the text is. May be infinite.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out double seconds)
    {
        seconds = 0;
        bool isNegative = text.StartsWith("-");
        text = text is ['-' or '+', .. var unsigned] ? unsigned : text;
        if (text.IsEmpty)
        {
            return false;
        }

        while (!text.IsEmpty)
        {
            int digits = text.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0
                || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
                || !TryUnit(text[digits..], out double unit, out int unitLength))
            {
                return false;
            }

            seconds += value * unit;
            text = text[(digits + unitLength)..];
        }

        seconds = isNegative ? -seconds : seconds;
        return true;
    }

    private static bool TryUnit(ReadOnlySpan<char> text, out double seconds, out int length)
    {
        // Two letters before one: "ms" is no minute.
        (seconds, length) = text switch
        {
            ['m', 's', ..] => (1e-3, 2),
            ['u', 's', ..] => (1e-6, 2),
            // The micro sign, and the Greek letter that looks like it.
            ['\u00B5' or '\u03BC', 's', ..] => (1e-6, 2),
            ['n', 's', ..] => (1e-9, 2),
            ['s', ..] => (1, 1),
            ['m', ..] => (60, 1),
            ['h', ..] => (3600, 1),
            ['d', ..] => (86400, 1),
            _ => (0, 0),
        };
        return length > 0;
    }
}
