namespace AiLib.Dataflow.Providers.Usage;

/// <summary>The usage as the providers name it, before it is brought to one meaning.</summary>
internal struct UsageFields
{
    /// <summary>Input with the cached part in it (OpenAI chat, Gemini).</summary>
    public long? Prompt;

    /// <summary>Input: with the cached part at OpenAI, without it at Anthropic.</summary>
    public long? Input;

    /// <summary>Output.</summary>
    public long? Output;

    /// <summary>Everything, as the provider added it up.</summary>
    public long? Total;

    /// <summary>The part of the input that came from the cache.</summary>
    public long? Cached;

    /// <summary>Anthropic: input written to the cache, which its input leaves out.</summary>
    public long? CacheWritten;

    /// <summary>Anthropic: input read from the cache, which its input leaves out.</summary>
    public long? CacheRead;

    /// <summary>The part of the output that was reasoning.</summary>
    public long? Reasoning;

    /// <summary>Gemini: thoughts, which its output leaves out.</summary>
    public long? Thoughts;

    /// <summary>One meaning for all; null when nothing is known.</summary>
    public readonly TokenUsage? ToUsage()
    {
        // A gateway may add Anthropic's fields to an OpenAI usage, whose prompt_tokens contain them already.
        long? input = Prompt ?? (Input is { } uncached ? Add(Add(uncached, CacheWritten ?? 0), CacheRead ?? 0) : null);
        long? output = Output is null && Thoughts is null ? null : Add(Output ?? 0, Thoughts ?? 0);
        if (input is null && output is null && Total is null)
        {
            return null;
        }

        long inputTokens = input ?? Math.Max(0, (Total ?? 0) - (output ?? 0));
        long outputTokens = output ?? 0;

        // Gemini's OpenAI form counts thoughts in the total alone. What is in the total is paid for, and it is no input.
        if (Total > Add(inputTokens, outputTokens))
        {
            outputTokens = Total.Value - inputTokens;
        }

        return new TokenUsage(inputTokens, outputTokens, Cached ?? CacheRead ?? 0, Reasoning ?? Thoughts ?? 0);
    }

    private static long Add(long left, long right) => left > long.MaxValue - right ? long.MaxValue : left + right;
}
