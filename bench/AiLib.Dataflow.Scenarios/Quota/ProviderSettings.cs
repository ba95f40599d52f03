using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>What a provider of the virtual world allows, and how long it takes.</summary>
internal sealed record ProviderSettings
{
    /// <summary>How it counts.</summary>
    public LimitKind Kind { get; init; } = LimitKind.TokenBucket;

    /// <summary>Requests per minute; null for no limit.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>Tokens per minute; null for no limit.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>Whether answers say what is left.</summary>
    public bool SendsHeaders { get; init; }

    /// <summary>How many it works on at once, above which it rejects; 0 for any number.</summary>
    public int MaxConcurrent { get; init; }

    /// <summary>How many its batch holds without being slower for each; 0 when the number does not matter.</summary>
    public int BatchSize { get; init; }

    /// <summary>When it is dead: every call fails at once.</summary>
    public (TimeSpan From, TimeSpan Until) Dead { get; init; }

    /// <summary>The time for an answer of a length, alone.</summary>
    public static TimeSpan LatencyAlone(int index, int answerTokens) =>
        TimeSpan.FromSeconds((0.3 + (0.012 * answerTokens)) * Math.Exp((0.15 * JobSizes.Normal(index, 4)) - 0.01125));
}
