using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Providers.Tests.Estimates;

public sealed class QuotaCountingTests
{
    // 1,000 tokens of prompt, at most 400 of answer.
    private static readonly TokenEstimate Estimate = new(1_000, 400);

    // Inputs are 1.2 times what is estimated, answers a quarter of what is allowed.
    private static readonly EstimateRatios Learned = new(1.2, 0.25);

    // In truth 1,100, of which 600 from the cache, and 90.
    private static readonly TokenUsage Usage = new(1_100, 90, CachedInputTokens: 600);

    // Dimensions: tokens together, input, output. Before the request, with what was learned, in the end.
    [Theory]
    // Prompt and max_tokens on arrival, cached or not, answered or not.
    [InlineData("openai", 1_400, 0, 0, 1_600, 0, 0, 1_500, 0, 0)]
    [InlineData("azure", 1_400, 0, 0, 1_600, 0, 0, 1_500, 0, 0)]
    // Real output, input without what was cached, apart.
    [InlineData("anthropic", 0, 1_000, 400, 0, 1_200, 100, 0, 500, 90)]
    // As OpenAI, but for what was cached.
    [InlineData("groq", 1_400, 0, 0, 1_600, 0, 0, 900, 0, 0)]
    // Input alone.
    [InlineData("gemini", 0, 1_000, 0, 0, 1_200, 0, 0, 1_100, 0)]
    // No limit of their own: what a user's limit is about is what was used.
    [InlineData("deepseek", 1_400, 0, 0, 1_300, 0, 0, 1_190, 0, 0)]
    [InlineData("openrouter", 1_400, 0, 0, 1_300, 0, 0, 1_190, 0, 0)]
    [InlineData("vllm", 1_400, 0, 0, 1_300, 0, 0, 1_190, 0, 0)]
    // Nothing known: as OpenAI.
    [InlineData("mistral", 1_400, 0, 0, 1_600, 0, 0, 1_500, 0, 0)]
    [InlineData("together", 1_400, 0, 0, 1_600, 0, 0, 1_500, 0, 0)]
    [InlineData("compatible", 1_400, 0, 0, 1_600, 0, 0, 1_500, 0, 0)]
    public void Each_provider_counts_in_its_own_way(
        string id, long tokens, long input, long output, long learnedTokens, long learnedInput, long learnedOutput, long finalTokens, long finalInput, long finalOutput)
    {
        QuotaCounting counting = Find(id);

        QuotaCharge reserved = counting.Reserve(Estimate, Learned);

        Assert.Equal(new QuotaCharge(1, tokens, input, output), counting.Reserve(Estimate));
        Assert.Equal(new QuotaCharge(1, learnedTokens, learnedInput, learnedOutput), reserved);
        Assert.Equal(new QuotaCharge(1, finalTokens, finalInput, finalOutput), counting.Settle(reserved, Estimate, Usage));
    }

    [Fact]
    public void Every_provider_is_in_the_table()
    {
        string[] rows = [.. typeof(QuotaCountingTests).GetMethod(nameof(Each_provider_counts_in_its_own_way))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Cast<InlineDataAttribute>().Select(row => (string)row.Data[0]!)];

        Assert.Equal(ProviderCatalog.All.Select(provider => provider.Id).Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_reservation_stands_where_the_provider_said_nothing()
    {
        foreach (ProviderInfo provider in ProviderCatalog.All)
        {
            QuotaCharge reserved = provider.Counting.Reserve(Estimate, Learned);

            Assert.Equal(reserved, provider.Counting.Settle(reserved, Estimate, usage: null));
        }
    }

    [Fact]
    public void An_answer_longer_than_its_assumed_bound_is_paid_in_full() =>
        Assert.Equal(1_100 + 700, QuotaCounting.OnArrival.Settle(default, Estimate, Usage with { OutputTokens = 700 }).Tokens);

    [Fact]
    public void More_cached_than_read_is_no_credit() =>
        Assert.Equal(0, Find("anthropic").Settle(default, Estimate, new TokenUsage(10, 5, CachedInputTokens: 600)).InputTokens);

    [Fact]
    public void Absurd_numbers_stay_numbers()
    {
        QuotaCharge reserved = QuotaCounting.AsUsed.Reserve(new TokenEstimate(long.MaxValue, long.MaxValue), new EstimateRatios(4, 4));

        Assert.Equal(long.MaxValue, reserved.Tokens);
    }

    private static QuotaCounting Find(string id)
    {
        Assert.True(ProviderCatalog.TryFind(id, out ProviderInfo? provider));
        return provider.Counting;
    }
}
