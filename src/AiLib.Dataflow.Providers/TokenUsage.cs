namespace AiLib.Dataflow.Providers;

/// <summary>The tokens one call used, brought to one meaning over all providers.</summary>
/// <param name="InputTokens">All input tokens, cached ones included (Anthropic counts those apart; they are added).</param>
/// <param name="OutputTokens">All output tokens, reasoning included (Gemini counts thoughts apart; they are added).</param>
/// <param name="CachedInputTokens">The part of the input that was read from the provider's cache.</param>
/// <param name="ReasoningTokens">The part of the output that was reasoning.</param>
public readonly record struct TokenUsage(long InputTokens, long OutputTokens, long CachedInputTokens = 0, long ReasoningTokens = 0)
{
    /// <summary>Input and output together; stays at <see cref="long.MaxValue"/> instead of overflowing.</summary>
    public long TotalTokens => InputTokens > long.MaxValue - Math.Max(0, OutputTokens) ? long.MaxValue : InputTokens + OutputTokens;
}
