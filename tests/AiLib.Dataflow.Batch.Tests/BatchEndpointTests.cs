using System.Text;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch.Tests;

/// <summary>What an answer is charged, by what its provider counts.</summary>
public sealed class BatchEndpointTests
{
    private static readonly BatchRequest Request = new(
        "id",
        1,
        new ProviderRequest("/v1/chat/completions", """{"model":"m","max_tokens":500,"messages":[{"role":"user","content":"Why is the sky blue?"}]}"""u8.ToArray()));

    private static readonly TokenUsage Usage = new(InputTokens: 100, OutputTokens: 20, CachedInputTokens: 60);

    public static TheoryData<string, long> Charges => new()
    {
        // max_tokens of the request, whatever is used of it.
        { "openai", 100 + 500 },

        // What was really used, without what came from the cache.
        { "anthropic", 40 + 20 },
        { "groq", 40 + 500 },
        { "deepseek", 100 + 20 },
    };

    [Theory]
    [MemberData(nameof(Charges))]
    public async Task An_answer_costs_what_its_provider_counts(string provider, long expected)
    {
        Assert.True(ProviderCatalog.TryFind(provider, out ProviderInfo? info));

        Outcome<ProviderResponse> outcome = await CallAsync(Answer(Usage), info.Counting);

        Assert.Equal((true, expected), (outcome.IsAnswered, outcome.Cost));
    }

    [Theory]
    [InlineData("openai", 100, 500)]
    [InlineData("anthropic", 40, 20)]
    [InlineData("gemini", 100, 0)]
    public async Task It_says_how_much_of_that_is_input_and_how_much_output(string provider, long input, long output)
    {
        Assert.True(ProviderCatalog.TryFind(provider, out ProviderInfo? info));

        Assert.Equal(new TokenCost(input, output), (await CallAsync(Answer(Usage), info.Counting)).TokenCost);
    }

    [Fact]
    public async Task Without_usage_the_estimate_stays_charged()
    {
        Assert.Null((await CallAsync(Answer(usage: null), QuotaCounting.OnArrival)).Cost);
    }

    [Fact]
    public async Task A_failure_costs_what_it_says()
    {
        Outcome<ProviderResponse> failed = Outcome<ProviderResponse>.Failed(OutcomeKind.Throttled) with { Cost = 0 };

        Assert.Equal(0, (await CallAsync(failed, QuotaCounting.OnArrival)).Cost);
    }

    [Fact]
    public async Task Without_a_way_of_counting_it_costs_what_was_used()
    {
        Assert.Equal(120, (await CallAsync(Answer(Usage), counting: null)).Cost);
    }

    private static Outcome<ProviderResponse> Answer(TokenUsage? usage) =>
        Outcome<ProviderResponse>.Answered(new ProviderResponse(200, Encoding.UTF8.GetBytes("{}"), usage: usage), usage?.TotalTokens);

    private static async Task<Outcome<ProviderResponse>> CallAsync(Outcome<ProviderResponse> outcome, QuotaCounting? counting) =>
        await new BatchEndpoint(new Fixed(outcome), counting).CallAsync(Request, new AttemptContext("target", 1, TimeSpan.FromMinutes(1)), CancellationToken.None);

    private sealed class Fixed(Outcome<ProviderResponse> outcome) : IEndpoint<ProviderRequest, ProviderResponse>
    {
        public ValueTask<Outcome<ProviderResponse>> CallAsync(ProviderRequest request, AttemptContext attempt, CancellationToken cancellationToken) => new(outcome);
    }
}
