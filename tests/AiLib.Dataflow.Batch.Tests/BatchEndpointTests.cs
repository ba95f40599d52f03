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
    public void An_answer_costs_what_its_provider_counts(string provider, long expected) =>
        Assert.Equal(expected, For(provider).Settle(Request, Answer(Usage))?.Total);

    [Theory]
    // The whole bound at first; then what answers have, where that is what counts.
    [InlineData("openai", 500, 500)]
    [InlineData("anthropic", 500, 20)]
    [InlineData("deepseek", 500, 20)]
    public void A_request_is_expected_to_cost_what_answers_have_taught(string provider, long first, long later)
    {
        BatchEndpoint endpoint = For(provider);
        long? before = endpoint.Expect(Request).Output;

        for (int answers = 0; answers < 60; answers++)
        {
            endpoint.Settle(Request, Answer(Usage));
        }

        Assert.Equal(first, before);
        Assert.InRange(endpoint.Expect(Request).Output!.Value, later, later + 2);
    }

    [Theory]
    [InlineData(3.0, true)]
    [InlineData(1 / 3.0, false)]
    public void What_was_learned_refuses_nothing_that_the_estimate_lets_pass(double ratio, bool leastIsEstimate)
    {
        BatchEndpoint endpoint = For("openai");
        long estimate = endpoint.Expect(Request).Input!.Value;

        for (int answers = 0; answers < 60; answers++)
        {
            endpoint.Settle(Request, Answer(new TokenUsage((long)(estimate * ratio), 20)));
        }

        Assert.InRange(endpoint.Expect(Request).Input!.Value, (estimate * ratio) - 1, (estimate * ratio) + 1);
        Assert.Equal(leastIsEstimate ? estimate : endpoint.Expect(Request).Input, endpoint.ExpectAtLeast(Request).Input);
    }

    [Fact]
    public void Without_usage_the_estimate_stays_charged() => Assert.Null(For("openai").Settle(Request, Answer(usage: null)));

    [Fact]
    public void Without_a_way_of_counting_it_costs_what_was_used() => Assert.Equal(120, new BatchEndpoint(new Nobody()).Settle(Request, Answer(Usage))?.Total);

    [Fact]
    public void Each_estimator_is_asked_once_for_a_request()
    {
        Counting one = new();
        Counting other = new();
        BatchRequest request = new("id", 1, Request.Request);
        BatchEndpoint[] endpoints = [new(new Nobody(), estimator: one), new(new Nobody(), estimator: other), new(new Nobody(), estimator: one)];

        foreach (BatchEndpoint endpoint in endpoints)
        {
            Assert.Equal(110, endpoint.Expect(request).Total);
            Assert.Equal(110, endpoint.ExpectAtLeast(request).Total);
        }

        Assert.Equal((1, 1), (one.Asked, other.Asked));
    }

    private static BatchEndpoint For(string provider)
    {
        Assert.True(ProviderCatalog.TryFind(provider, out ProviderInfo? info));
        return new BatchEndpoint(new Nobody(), info.Counting);
    }

    private static Outcome<ProviderResponse> Answer(TokenUsage? usage) =>
        Outcome<ProviderResponse>.Answered(new ProviderResponse(200, Encoding.UTF8.GetBytes("{}"), usage: usage), usage?.TotalTokens);

    private sealed class Nobody : IEndpoint<ProviderRequest, ProviderResponse>
    {
        public ValueTask<Outcome<ProviderResponse>> CallAsync(ProviderRequest request, AttemptContext attempt, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    private sealed class Counting : ITokenEstimator
    {
        public string Name => "counting";

        public int Asked { get; private set; }

        public TokenEstimate Estimate(string path, ReadOnlySpan<byte> body)
        {
            Asked++;
            return new TokenEstimate(10, 100);
        }
    }
}
