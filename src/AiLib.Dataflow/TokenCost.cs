namespace AiLib.Dataflow;

/// <summary>What a request costs in LLM tokens: input and output apart, or only both together.</summary>
/// <remarks>
/// A number converts to a cost of which only the total is known. That is taken from limits on input and output tokens as far as they are configured, in full from each, because
/// neither part can be more; from limits that a target only told, nothing is taken until its answer says more. A value, free to copy and to share between threads.
/// </remarks>
public readonly record struct TokenCost
{
    // One more than the output tokens, so that zero says that only the total is known.
    private readonly long _output;

    /// <summary>A cost whose parts are known.</summary>
    /// <param name="input">Tokens of the prompt; a negative number counts as zero.</param>
    /// <param name="output">Tokens of the answer; a negative number counts as zero.</param>
    public TokenCost(long input, long output)
    {
        input = Math.Max(0, input);
        output = Math.Clamp(output, 0, long.MaxValue - 1);
        Total = input > long.MaxValue - output ? long.MaxValue : input + output;
        _output = output + 1;
    }

    private TokenCost(long total) => Total = total;

    private TokenCost(long total, long packed, bool _)
    {
        Total = total;
        _output = packed;
    }

    /// <summary>Input and output together; stays at <see cref="long.MaxValue"/> instead of overflowing.</summary>
    public long Total { get; }

    /// <summary>Whether it is known how much of it is input and how much output.</summary>
    public bool HasParts => _output != 0;

    /// <summary>Tokens of the prompt; null when only the total is known.</summary>
    public long? Input => _output == 0 ? null : Total - (_output - 1);

    /// <summary>Tokens of the answer; null when only the total is known.</summary>
    public long? Output => _output == 0 ? null : _output - 1;

    /// <summary>The output for who has a place for it beside the total: one more than the tokens, 0 when they are not known.</summary>
    internal long Packed => _output;

    /// <summary>A cost of which only the total is known.</summary>
    /// <param name="total">Input and output together.</param>
    public static implicit operator TokenCost(long total) => new(total);

    /// <summary>A cost of which only the total is known.</summary>
    /// <param name="total">Input and output together.</param>
    public static TokenCost FromInt64(long total) => new(total);

    /// <inheritdoc/>
    public override string ToString() => HasParts
        ? FormattableString.Invariant($"{Input} input and {Output} output tokens")
        : FormattableString.Invariant($"{Total} tokens");

    internal static TokenCost Unpack(long total, long packed) => new(total, Math.Min(packed, total == long.MaxValue ? long.MaxValue : total + 1), _: false);

    /// <summary>The most of the input, where a part that is not known counts as the total.</summary>
    internal long InputAtMost => _output == 0 ? Total : Total - (_output - 1);

    /// <summary>The most of the output, where a part that is not known counts as the total.</summary>
    internal long OutputAtMost => _output == 0 ? Total : _output - 1;
}
