namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>What a request will cost in LLM tokens, as far as its body tells.</summary>
/// <param name="Input">The tokens of the prompt, roughly.</param>
/// <param name="Output">The most tokens that may be answered, over all the answers that were asked for.</param>
public readonly record struct TokenEstimate(long Input, long Output)
{
    /// <summary>Input and output together; stays at <see cref="long.MaxValue"/> instead of overflowing.</summary>
    public long Total => Input > long.MaxValue - Math.Max(0, Output) ? long.MaxValue : Input + Output;
}
