using System.Globalization;
using System.Text.RegularExpressions;

namespace AiLib.Dataflow.Providers.Waits;

/// <summary>Reads a wait from what a provider says to a person, such as "Please try again in 6m0s" or "retry after 26 seconds".</summary>
internal static partial class WaitMessage
{
    // Only the beginning of a message is searched; the wait is in its first sentences.
    private const int MaxLength = 4096;
    private const int TimeLimitMilliseconds = 1000;

    /// <summary>Finds the wait.</summary>
    /// <returns>Zero to <see cref="WaitHint.Longest"/>; null when there is none.</returns>
    public static TimeSpan? Parse(string text)
    {
        if (text.Length > MaxLength)
        {
            text = text[..MaxLength];
        }

        try
        {
            return Pattern().Match(text) is { Success: true } match ? Read(match) : null;
        }
        catch (RegexMatchTimeoutException)
        {
            // A text that cannot be searched in a second says nothing.
            return null;
        }
    }

    private static TimeSpan? Read(Match match)
    {
        if (match.Groups["go"] is { Success: true } duration)
        {
            return GoDuration.TryParse(duration.ValueSpan, out double seconds) ? WaitText.Bound(seconds) : null;
        }

        double unit = char.ToLowerInvariant(match.Groups["unit"].ValueSpan[0]) switch
        {
            's' => 1,
            'h' => 3600,
            'd' => 86400,
            _ => match.Groups["unit"].ValueSpan.StartsWith("milli", StringComparison.OrdinalIgnoreCase) ? 1e-3 : 60,
        };
        return double.TryParse(match.Groups["number"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            ? WaitText.Bound(value * unit)
            : null;
    }

    // A word about trying again, then "in" or "after" soon behind it, then a duration: "100 requests in 60s" describes a limit and is no wait.
    [GeneratedRegex(
        @"\b(again|retry|wait|resets?|available|access)\b[^.!?]{0,40}?\b(in|after|for|wait)\s+((?<go>([0-9]{1,9}(\.[0-9]{1,9})?(ms|us|µs|ns|[dhms])){1,6})(?![A-Za-z0-9])|(?<number>[0-9]{1,9}(\.[0-9]{1,9})?)\s*(?<unit>milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?)\b)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeLimitMilliseconds)]
    private static partial Regex Pattern();
}
