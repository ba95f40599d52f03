namespace AiLib.Dataflow.Providers.Tests.Usage;

public sealed class UsageReaderTests
{
    public static TheoryData<string, string, TokenUsage?> Answers { get; } = new()
    {
        { "OpenAI chat", """{"usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":30,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":20}}}""", new(100, 50, 30, 20) },
        { "OpenAI responses", """{"usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":30},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":20},"total_tokens":150}}""", new(100, 50, 30, 20) },
        { "OpenAI embeddings", """{"data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}""", new(8, 0) },
        { "only a total", """{"usage":{"total_tokens":8}}""", new(8, 0) },
        { "Anthropic", """{"usage":{"input_tokens":10,"cache_creation_input_tokens":200,"cache_read_input_tokens":3000,"cache_creation":{"ephemeral_5m_input_tokens":200},"output_tokens":40,"service_tier":"standard"}}""", new(3210, 40, 3000) },
        { "Anthropic without a cache", """{"usage":{"input_tokens":10,"output_tokens":40}}""", new(10, 40) },
        { "Gemini", """{"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":4,"candidatesTokenCount":5,"thoughtsTokenCount":7,"totalTokenCount":22,"promptTokensDetails":[{"modality":"TEXT","tokenCount":10}]}}""", new(10, 12, 4, 7) },
        { "Gemini in the OpenAI form", """{"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":22}}""", new(10, 12) },
        { "DeepSeek", """{"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4}}""", new(10, 5, 6) },
        { "Groq", """{"usage":{"queue_time":0.1,"prompt_tokens":10,"prompt_time":0.2,"completion_tokens":5,"total_tokens":15,"total_time":0.3},"x_groq":{"id":"r"}}""", new(10, 5) },
        { "gateway with both forms", """{"usage":{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"cache_read_input_tokens":90,"cache_creation_input_tokens":0}}""", new(100, 5, 90) },
        { "none", """{"id":"x"}""", null },
        { "null", """{"usage":null}""", null },
        { "empty", """{"usage":{}}""", null },
        { "a list", """{"usage":[{"prompt_tokens":5}]}""", null },
        { "a number", """{"usage":5}""", null },
        { "deeper down", """{"choices":[{"usage":{"prompt_tokens":5}}],"x":{"usage":{"prompt_tokens":5}}}""", null },
        { "negative", """{"usage":{"prompt_tokens":-5,"completion_tokens":5}}""", new(0, 5) },
        { "fractions and text", """{"usage":{"prompt_tokens":1.5,"completion_tokens":"5"}}""", null },
        { "objects for numbers", """{"usage":{"prompt_tokens":{"a":[1,{"prompt_tokens":9}]},"completion_tokens":5}}""", new(0, 5) },
        { "details that are no object", """{"usage":{"prompt_tokens":7,"prompt_tokens_details":null,"completion_tokens_details":[1],"completion_tokens":1}}""", new(7, 1) },
        { "huge", """{"usage":{"prompt_tokens":9223372036854775807,"completion_tokens":9223372036854775807}}""", new(long.MaxValue, long.MaxValue) },
        { "beyond huge", """{"usage":{"prompt_tokens":9223372036854775808,"completion_tokens":3}}""", new(0, 3) },
        { "twice", """{"usage":{"prompt_tokens":1},"usage":{"prompt_tokens":2}}""", new(2, 0) },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Answers))]
    public async Task Each_provider_s_usage_is_brought_to_one_meaning(string name, string answer, TokenUsage? expected)
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => ScriptedHandler.Answer(200, answer));

        Assert.True(outcome.IsAnswered, name);
        Assert.Equal(expected, outcome.Response!.Usage);
        Assert.Equal(expected?.TotalTokens, outcome.Cost);
    }

    [Fact]
    public void A_total_does_not_overflow() => Assert.Equal(long.MaxValue, new TokenUsage(long.MaxValue, 1).TotalTokens);
}
