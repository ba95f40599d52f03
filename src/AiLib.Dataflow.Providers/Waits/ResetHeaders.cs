using System.Globalization;

namespace AiLib.Dataflow.Providers.Waits;

/// <summary>Reads the wait from the reset headers, of the dimensions that are used up and of no other.</summary>
/// <remarks>A reset is the time until the window is full again, so it says too much rather than too little; that is why it is asked last.</remarks>
internal static class ResetHeaders
{
    private static readonly Dimension[] Dimensions =
    [
        // OpenAI, Azure, Groq: durations or seconds.
        new("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
        new("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
        new("x-ratelimit-remaining-project-tokens", "x-ratelimit-reset-project-tokens"),
        // Anthropic: RFC 3339.
        new("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
        new("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
        new("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
        new("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
        // Cerebras: seconds.
        new("x-ratelimit-remaining-requests-minute", "x-ratelimit-reset-requests-minute"),
        new("x-ratelimit-remaining-tokens-minute", "x-ratelimit-reset-tokens-minute"),
        new("x-ratelimit-remaining-requests-day", "x-ratelimit-reset-requests-day"),
        // Mistral: seconds.
        new("x-ratelimitbysize-remaining-minute", "ratelimitbysize-reset"),
        // OpenRouter: milliseconds since 1970. The IETF's generic form: seconds.
        new("x-ratelimit-remaining", "x-ratelimit-reset"),
        new("ratelimit-remaining", "ratelimit-reset"),
    ];

    /// <summary>The longest wait among the used-up dimensions.</summary>
    /// <returns>Zero to <see cref="WaitHint.Longest"/>; null when none is used up, or none says when it resets.</returns>
    public static TimeSpan? Parse(Func<string, string?> header, DateTimeOffset now)
    {
        TimeSpan? longest = null;
        foreach (Dimension dimension in Dimensions)
        {
            if (IsUsedUp(header(dimension.Remaining)) && WaitText.Parse(header(dimension.Reset), now) is { } wait && !(longest >= wait))
            {
                longest = wait;
            }
        }

        return longest;
    }

    // Exactly zero: Azure also sends -1, which means that it does not know.
    private static bool IsUsedUp(string? remaining) =>
        long.TryParse(remaining, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long value) && value == 0;

    private readonly record struct Dimension(string Remaining, string Reset);
}
