using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Providers.Tests;

public sealed class TokenPricesTests
{
    private static readonly TokenPrices Prices = new(input: 0.15m, output: 0.60m, cachedInput: 0.075m);

    [Fact]
    public void Input_cached_input_and_output_have_prices_of_their_own() =>
        Assert.Equal(0.15m + 0.075m + 1.20m, Prices.CostOf(new TokenUsage(2_000_000, 2_000_000, CachedInputTokens: 1_000_000)));

    [Fact]
    public void Cached_input_without_a_price_costs_what_input_does() =>
        Assert.Equal(3m, new TokenPrices(3, 15).CostOf(new TokenUsage(1_000_000, 0, CachedInputTokens: 900_000)));

    [Fact]
    public void Reasoning_is_output_and_not_paid_for_twice() =>
        Assert.Equal(0.60m, Prices.CostOf(new TokenUsage(0, 1_000_000, ReasoningTokens: 1_000_000)));

    [Theory]
    [InlineData(100, 150)]
    [InlineData(100, -5)]
    [InlineData(0, 5)]
    public void More_cached_input_than_input_is_not_believed(long input, long cached) =>
        Assert.InRange(Prices.CostOf(new TokenUsage(input, 0, cached)), 0, 100 * 0.15m / 1_000_000);

    [Fact]
    public void An_estimate_counts_no_cache() => Assert.Equal(0.75m, Prices.CostOf(new TokenEstimate(1_000_000, 1_000_000)));

    [Fact]
    public void A_cost_is_written_as_short_as_it_can_be() => Assert.Equal("0.03", new TokenPrices(30.000m, 0).CostOf(new TokenUsage(1_000, 0)).ToString(System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void A_single_token_at_the_smallest_price_is_not_lost() => Assert.Equal(0.000000000001m, new TokenPrices(0.000001m, 0).CostOf(new TokenUsage(1, 0)));

    [Fact]
    public void No_number_of_tokens_is_too_large() =>
        Assert.True(new TokenPrices(TokenPrices.Most, TokenPrices.Most).CostOf(new TokenEstimate(long.MaxValue, long.MaxValue)) > 1e18m);

    public static TheoryData<decimal, decimal, decimal> OutOfRange => new() { { -0.1m, 0, 0 }, { 0, -0.1m, 0 }, { 0, 0, -0.1m }, { 1_000_001, 0, 0 } };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_price_that_cannot_be_meant_is_refused(decimal input, decimal output, decimal cached) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenPrices(input, output, cached));
}
