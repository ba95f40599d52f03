using System.Globalization;

namespace AiLib.Dataflow.Providers.Waits;

/// <summary>Reads a wait from one field: seconds, a Go duration, a date, or a time since 1970.</summary>
internal static class WaitText
{
    // Longer fields hold no wait. Also bounds what a hostile server makes us look at.
    private const int MaxLength = 64;

    // From these values on a number is no wait (31 years, 31,000 years) but a time since 1970.
    private const double EpochSeconds = 1e9;
    private const double EpochMilliseconds = 1e12;

    private const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;

    // The three forms of RFC 9110, 5.6.7, which ParseExact checks down to the day of the week.
    private static readonly string[] HttpDates =
    [
        "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
        "dddd, dd-MMM-yy HH':'mm':'ss 'GMT'",
        "ddd MMM d HH':'mm':'ss yyyy",
    ];

    /// <summary>Reads a number of milliseconds.</summary>
    /// <returns>Zero to <see cref="WaitHint.Longest"/>; null when the text is none.</returns>
    public static TimeSpan? ParseMilliseconds(ReadOnlySpan<char> text) =>
        IsReadable(text) && TryNumber(text.Trim(), out double milliseconds) ? Bound(milliseconds / 1000) : null;

    /// <summary>Reads a wait in any form.</summary>
    /// <returns>Zero to <see cref="WaitHint.Longest"/>; null when the text is none.</returns>
    public static TimeSpan? Parse(ReadOnlySpan<char> text, DateTimeOffset now)
    {
        if (!IsReadable(text))
        {
            return null;
        }

        ReadOnlySpan<char> trimmed = text.Trim();
        if (TryNumber(trimmed, out double number))
        {
            return number switch
            {
                >= EpochMilliseconds => Until(DateTimeOffset.UnixEpoch, number / 1000, now),
                >= EpochSeconds => Until(DateTimeOffset.UnixEpoch, number, now),
                _ => Bound(number),
            };
        }

        return GoDuration.TryParse(trimmed, out double seconds) ? Bound(seconds)
            : TryDate(trimmed, out DateTimeOffset date) ? Until(date, 0, now)
            : null;
    }

    /// <summary>Seconds as a wait between zero and the longest.</summary>
    /// <returns>Null when it is no number, which the platform would throw at.</returns>
    public static TimeSpan? Bound(double seconds) =>
        !double.IsFinite(seconds) ? null
        : seconds <= 0 ? TimeSpan.Zero
        : seconds >= WaitHint.Longest.TotalSeconds ? WaitHint.Longest
        : TimeSpan.FromSeconds(seconds);

    private static TimeSpan? Until(DateTimeOffset date, double secondsAfter, DateTimeOffset now) => Bound((date - now).TotalSeconds + secondsAfter);

    private static bool IsReadable(ReadOnlySpan<char> text) => text.Length is > 0 and <= MaxLength;

    // "NaN" and "Infinity" are numbers to the platform, and so is what rounds to them.
    private static bool TryNumber(ReadOnlySpan<char> text, out double value) =>
        double.TryParse(text, Number, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    private static bool TryDate(ReadOnlySpan<char> text, out DateTimeOffset date)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

        // RFC 3339 begins with four digits and a hyphen. A general parser would also take "1:30" and "May 5".
        if (text.Length >= "2025-01-01T00:00:00Z".Length && text[4] == '-' && char.IsAsciiDigit(text[0]))
        {
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out date);
        }

        return DateTimeOffset.TryParseExact(text, HttpDates, CultureInfo.InvariantCulture, Utc | DateTimeStyles.AllowInnerWhite, out date);
    }
}
