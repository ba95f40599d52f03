namespace AiLib.Dataflow.Tests;

public sealed class TokenCostTests
{
    [Fact]
    public void A_number_is_a_total_whose_parts_nobody_knows()
    {
        TokenCost cost = 700;

        Assert.Equal((700L, false, null, null), (cost.Total, cost.HasParts, cost.Input, cost.Output));
        Assert.Equal(cost, TokenCost.FromInt64(700));
        Assert.NotEqual(cost, new TokenCost(700, 0));
        Assert.Equal("700 tokens", cost.ToString());
    }

    [Theory]
    [InlineData(600, 100, 700)]
    [InlineData(0, 0, 0)]
    [InlineData(-5, -1, 0)]
    [InlineData(long.MaxValue, 1, long.MaxValue)]
    [InlineData(long.MaxValue, long.MaxValue, long.MaxValue)]
    public void Parts_make_a_total_that_never_overflows(long input, long output, long total)
    {
        TokenCost cost = new(input, output);

        Assert.Equal((total, true), (cost.Total, cost.HasParts));
        Assert.InRange(cost.Output!.Value, 0, total);
        Assert.InRange(cost.Input!.Value, 0, total);
    }

    [Theory]
    [InlineData(600, 100)]
    [InlineData(0, 4_294_967_294)]
    [InlineData(0, 0)]
    public void A_request_keeps_the_parts(long input, long output)
    {
        RequestOptions options = new() { TokenCost = new TokenCost(input, output) };

        Assert.Equal((new TokenCost(input, output), input + output), (options.TokenCost, options.Cost));
        Assert.Equal((TokenCost)9, (options with { Cost = 9 }).TokenCost);
    }

    [Fact]
    public void More_output_than_any_model_has_counts_as_input()
    {
        RequestOptions options = new() { TokenCost = new TokenCost(1, 5_000_000_000) };

        Assert.Equal((5_000_000_001L, 4_294_967_294L), (options.Cost, options.TokenCost.Output));
    }

    [Fact]
    public void Of_an_outcome_s_two_costs_the_one_that_is_set_last_counts()
    {
        Outcome<string> outcome = Outcome<string>.Answered("yes", 5);
        Assert.Equal((5L, (TokenCost?)5), (outcome.Cost, outcome.TokenCost));

        outcome = outcome with { TokenCost = new TokenCost(3, 4) };
        Assert.Equal((7L, (TokenCost?)new TokenCost(3, 4)), (outcome.Cost, outcome.TokenCost));
        Assert.Equal(outcome, outcome with { TokenCost = new TokenCost(3, 4) });

        outcome = outcome with { Cost = 7 };
        Assert.Equal((TokenCost?)7, outcome.TokenCost);

        outcome = outcome with { TokenCost = null };
        Assert.Null(outcome.Cost);
    }
}
