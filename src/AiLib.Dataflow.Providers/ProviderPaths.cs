namespace AiLib.Dataflow.Providers;

/// <summary>The paths a request may name. A path is a key into this list, never a piece of an address.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public static class ProviderPaths
{
    /// <summary>What every path begins with, and what a provider's API root already contains.</summary>
    internal const string Prefix = "/v1";

    /// <summary>Every allowed path: those that OpenAI's batch API takes, and Anthropic's messages.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "/v1/chat/completions",
        "/v1/embeddings",
        "/v1/completions",
        "/v1/responses",
        "/v1/moderations",
        "/v1/messages",
    ];

    /// <summary>Whether a request may name this path: ordinal and exact, nothing is decoded, trimmed or resolved first.</summary>
    /// <param name="path">The path as it was given; null is not allowed.</param>
    public static bool IsAllowed(string? path)
    {
        foreach (string allowed in All)
        {
            if (string.Equals(allowed, path, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
