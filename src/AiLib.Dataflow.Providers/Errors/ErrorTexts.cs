using System.Globalization;
using System.Text.RegularExpressions;

namespace AiLib.Dataflow.Providers.Errors;

/// <summary>What providers say in words alone. Asked last, and only where status and structure leave it open.</summary>
/// <remarks>"Quota" proves nothing: Azure and Gemini write it about a window of a minute.</remarks>
internal static partial class ErrorTexts
{
    private const int TimeLimitMilliseconds = 1000;

    /// <summary>Credit or spend is used up.</summary>
    public static bool SaysNoCredit(string text) =>
        Has(text, "credit balance is too low") || Has(text, "insufficient balance") || Has(text, "spend limit") || Has(text, "spending limit")
        || Has(text, "API usage limits");

    /// <summary>The prompt does not fit the model.</summary>
    public static bool SaysTooLong(string text) =>
        Has(text, "prompt is too long") || Has(text, "maximum context length") || Has(text, "context length exceeded") || Has(text, "context window")
        || Has(text, "exceeds the context") || Has(text, "longer than the maximum model length") || Has(text, "context too long")
        || Has(text, "context length is too long") || Has(text, "model's context length") || (Has(text, "input token count") && Has(text, "exceeds"));

    /// <summary>The key is wrong.</summary>
    public static bool SaysBadKey(string text) => Has(text, "API key not valid") || Has(text, "API key expired") || Has(text, "API_KEY_INVALID");

    /// <summary>A day's quota is used up.</summary>
    public static bool SaysDaily(string text) =>
        Has(text, "requests per day") || Has(text, "tokens per day") || Has(text, "(RPD)") || Has(text, "(TPD)") || Has(text, "free-models-per-day");

    /// <summary>The limit is zero, so that no request ever passes.</summary>
    public static bool SaysZeroLimit(string text) => Guarded(text, ZeroLimit().IsMatch);

    /// <summary>The request is larger than the window, so that it fits into no window. Where the text has the numbers, they decide.</summary>
    public static bool SaysNeverFits(string text) =>
        FindLimit(text) is { } found ? found.Requested > found.Limit : Has(text, "request too large");

    /// <summary>The limit that the request ran into, where it is told how much of it was used, and what the request asked for.</summary>
    /// <returns>Null when the text does not say it.</returns>
    public static (long Limit, long? Used, long Requested)? FindLimit(string text)
    {
        try
        {
            return LimitAndRequested().Match(text) is { Success: true } match && TryNumber(match.Groups["limit"].Value, out long limit)
                && TryNumber(match.Groups["requested"].Value, out long requested)
                ? (limit, TryNumber(match.Groups["used"].Value, out long used) ? used : null, requested)
                : null;
        }
        catch (RegexMatchTimeoutException)
        {
            // A text that cannot be searched in a second says nothing.
            return null;
        }
    }

    /// <summary>The limit that Anthropic names in its sentence, "your organization's rate limit of 30,000 input tokens per minute", which does not say what the request asked for.</summary>
    /// <returns>Null when the text does not say it.</returns>
    public static long? FindRate(string text)
    {
        try
        {
            return NamedRate().Match(text) is { Success: true } match && TryNumber(match.Groups["limit"].Value, out long limit) ? limit : null;
        }
        catch (RegexMatchTimeoutException)
        {
            // A text that cannot be searched in a second says nothing.
            return null;
        }
    }

    private static bool TryNumber(string digits, out long value) =>
        long.TryParse(digits, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out value);

    private static bool Has(string text, string phrase) => text.Contains(phrase, StringComparison.OrdinalIgnoreCase);

    private static bool Guarded(string text, Func<string, bool> question)
    {
        try
        {
            return question(text);
        }
        catch (RegexMatchTimeoutException)
        {
            // A text that cannot be searched in a second says nothing.
            return false;
        }
    }

    [GeneratedRegex(
        @"Limit:? (?<limit>[0-9][0-9,]{0,17})\b(,? Used:? (?<used>[0-9][0-9,]{0,17})\b)?.{0,80}?Requested:? (?<requested>[0-9][0-9,]{0,17})\b",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeLimitMilliseconds)]
    private static partial Regex LimitAndRequested();

    // The organisation's id stands before the number or behind the unit.
    [GeneratedRegex(
        @"\brate limit( for your organization)?( \([^()]{0,100}\))? of (?<limit>[0-9][0-9,]{0,17}) ((input|output) )?(tokens|requests) per ",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeLimitMilliseconds)]
    private static partial Regex NamedRate();

    [GeneratedRegex(@"\blimit:? 0\b(?![.,][0-9])", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, TimeLimitMilliseconds)]
    private static partial Regex ZeroLimit();
}
