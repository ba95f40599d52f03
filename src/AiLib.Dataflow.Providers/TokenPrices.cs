using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Providers;

/// <summary>What a target asks for LLM tokens, in USD per million. There is no list of prices here: they change, and a wrong one is worse than none.</summary>
/// <remarks>
/// Immutable and pure. What has no price of its own here (input that is written to a cache, images by the piece, tools by the call, a discount from some volume on)
/// is not in the costs.
/// </remarks>
public sealed record TokenPrices
{
    /// <summary>The highest price: 1,000,000 USD per million tokens.</summary>
    public const decimal Most = 1_000_000m;

    private const decimal Million = 1_000_000m;

    // A token at the price of 0.000001 USD per million. Sums of rounded costs are exact, so that two ways of adding up come to the same.
    private const int Decimals = 12;

    /// <summary>Creates prices.</summary>
    /// <param name="input">USD per million input tokens, 0 to <see cref="Most"/>.</param>
    /// <param name="output">USD per million output tokens, reasoning included, 0 to <see cref="Most"/>.</param>
    /// <param name="cachedInput">USD per million input tokens that were read from the provider's cache. Default: as <paramref name="input"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A price is negative or above <see cref="Most"/>.</exception>
    public TokenPrices(decimal input, decimal output, decimal? cachedInput = null)
    {
        Input = Checked(input, nameof(input));
        Output = Checked(output, nameof(output));
        CachedInput = Checked(cachedInput ?? input, nameof(cachedInput));
    }

    /// <summary>USD per million input tokens.</summary>
    public decimal Input { get; }

    /// <summary>USD per million output tokens.</summary>
    public decimal Output { get; }

    /// <summary>USD per million input tokens that were read from the provider's cache.</summary>
    public decimal CachedInput { get; }

    /// <summary>What a call has cost, in USD, rounded to 12 decimals.</summary>
    /// <param name="usage">The tokens that it used.</param>
    public decimal CostOf(TokenUsage usage)
    {
        long cached = Math.Clamp(usage.CachedInputTokens, 0, Math.Max(0, usage.InputTokens));
        return Cost(usage.InputTokens - cached, cached, usage.OutputTokens);
    }

    /// <summary>What a request will cost at most, in USD, rounded to 12 decimals: nothing is taken to come from a cache, and the answer to be as long as it may.</summary>
    /// <param name="estimate">Its tokens, as far as its body tells.</param>
    public decimal CostOf(TokenEstimate estimate) => Cost(estimate.Input, 0, estimate.Output);

    // The largest numbers of tokens at the highest prices are far from what a decimal holds.
    private decimal Cost(long input, long cached, long output)
    {
        decimal cost = ((Math.Max(0, input) * Input) + (cached * CachedInput) + (Math.Max(0, output) * Output)) / Million;

        // Divided by one with many zeros, it has none at its own end: 0.03, not 0.030000000000.
        return Math.Round(cost, Decimals) / 1.000000000000000000000000000m;
    }

    private static decimal Checked(decimal price, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(price, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(price, Most, name);
        return price;
    }
}
