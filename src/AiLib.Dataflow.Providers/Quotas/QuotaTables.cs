using System.Collections.Frozen;
using static AiLib.Dataflow.Providers.Quotas.QuotaWindows;
using static AiLib.Dataflow.QuotaDimension;

namespace AiLib.Dataflow.Providers.Quotas;

/// <summary>Which quotas each provider tells, and how.</summary>
/// <remarks>A star in a name stands for <c>limit</c>, <c>remaining</c> and <c>reset</c>.</remarks>
internal static class QuotaTables
{
    /// <summary>OpenAI's names where somebody else uses them: nobody says what the windows are.</summary>
    private static readonly QuotaRow[] Others =
    [
        new(Requests, null, "x-ratelimit-*-requests"),
        new(Tokens, null, "x-ratelimit-*-tokens"),
    ];

    private static readonly FrozenDictionary<string, QuotaRow[]> Tables = new Dictionary<string, QuotaRow[]>(StringComparer.Ordinal)
    {
        ["openai"] =
        [
            // Of a minute or, on small plans, of a day.
            new(Requests, null, "x-ratelimit-*-requests") { RefillTellsWindow = true },
            new(Tokens, Minute, "x-ratelimit-*-tokens"),
            new(Tokens, Minute, "x-ratelimit-*-project-tokens"),
            new(Tokens, Minute, "x-ratelimit-*-tokens_usage_based", "x-ratelimit-*-tokens-usage-based"),
        ],
        ["azure"] =
        [
            new(Requests, Minute, "x-ratelimit-*-requests") { HasSentinels = true },
            new(Tokens, Minute, "x-ratelimit-*-tokens") { HasSentinels = true },
        ],
        ["anthropic"] =
        [
            new(Requests, Minute, "anthropic-ratelimit-requests-*"),
            new(Tokens, Minute, "anthropic-ratelimit-tokens-*"),
            // Priority capacity that is used up stops nothing, because requests go on at the standard tier. It counts where nothing else is told.
            new(InputTokens, Minute, "anthropic-ratelimit-input-tokens-*", "anthropic-priority-input-tokens-*"),
            new(OutputTokens, Minute, "anthropic-ratelimit-output-tokens-*", "anthropic-priority-output-tokens-*"),
            // A quota of its own, told only to requests that count against it.
            new(InputTokens, Minute, "anthropic-fast-input-tokens-*"),
            new(OutputTokens, Minute, "anthropic-fast-output-tokens-*"),
        ],
        ["groq"] =
        [
            new(Requests, Day, "x-ratelimit-*-requests"),
            new(Tokens, Minute, "x-ratelimit-*-tokens"),
        ],
        ["cerebras"] =
        [
            new(Requests, Minute, "x-ratelimit-*-requests-minute"),
            new(Requests, Hour, "x-ratelimit-*-requests-hour"),
            new(Requests, Day, "x-ratelimit-*-requests-day"),
            new(Tokens, Minute, "x-ratelimit-*-tokens-minute"),
            new(Tokens, Hour, "x-ratelimit-*-tokens-hour"),
            new(Tokens, Day, "x-ratelimit-*-tokens-day"),
        ],
        ["mistral"] =
        [
            new(Requests, Minute, "x-ratelimit-*-req-minute"),
            new(Tokens, Minute, "x-ratelimitbysize-*-minute", "x-ratelimit-*-tokens-minute"),
            new(Tokens, Month, "x-ratelimitbysize-*-month", "x-ratelimit-*-tokens-month"),
            // Of whichever window is the tightest at that moment; it alone has a reset.
            new(Tokens, null, "ratelimitbysize-*"),
        ],
        ["together"] =
        [
            new(Requests, Second, "x-ratelimit-*"),
            new(Tokens, Second, "x-ratelimit-*-tokens", "x-tokenlimit-*"),
        ],
        ["fireworks"] =
        [
            // There is a third one, of prompts without what was cached; taken for all of the prompt it would be far too small.
            new(InputTokens, Minute, "x-ratelimit-*-tokens-prompt"),
            new(OutputTokens, Minute, "x-ratelimit-*-tokens-generated"),
        ],
        // Of a minute or of a day; only the body of an error says which.
        ["openrouter"] = [new(Requests, null, "x-ratelimit-*")],
        // They tell nothing in headers, and what a gateway before them tells is not about their quota.
        ["deepseek"] = [],
        ["gemini"] = [],
        ["vertex"] = [],
        ["bedrock"] = [],
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Finds the rows of a provider, or those to try for one that is not known.</summary>
    /// <returns>Whether it is known.</returns>
    public static bool TryFind(string providerId, out QuotaRow[] rows)
    {
        if (Tables.TryGetValue(providerId, out QuotaRow[]? found))
        {
            rows = found;
            return true;
        }

        rows = Others;
        return false;
    }
}
