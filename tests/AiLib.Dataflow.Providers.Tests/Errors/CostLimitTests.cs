using System.Text;

namespace AiLib.Dataflow.Providers.Tests.Errors;

/// <summary>What a request may cost at most: read where a provider says that this one is larger than its limit, or that nothing is allowed.</summary>
public sealed class CostLimitTests
{
    private const string ZeroTokens = "x-ratelimit-limit-tokens: 0";
    private const string Pace = """{"error":{"message":"Too many requests.","type":"tokens","code":"rate_limit_exceeded"}}""";

    public static TheoryData<string, string, int, string, string, OutcomeKind, CostLimit?> Bodies => new()
    {
        {
            "OpenAI, larger than a minute's tokens", "openai", 429,
            Sentence("Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 48217. The input or output tokens must be reduced in order to run successfully."), "",
            OutcomeKind.TooLarge, new(QuotaDimension.Tokens, 30_000, 48_217)
        },
        {
            "OpenAI, larger than a day's", "openai", 429, Sentence("Request too large on tokens per day (TPD): Limit 90,000, Requested 120,000."), "",
            OutcomeKind.TooLarge, new(QuotaDimension.Tokens, 90_000, 120_000)
        },
        {
            "OpenAI, of the prompt alone", "openai", 429, Sentence("Request too large on input tokens per min: Limit 10000, Requested 12000."), "",
            OutcomeKind.TooLarge, new(QuotaDimension.InputTokens, 10_000, 12_000)
        },
        {
            // It says a wait, which does not help.
            "counted, with a wait", "openai", 429, Sentence("Limit 10,000, Used 0, Requested 10,001. Please try again in 6s."), "",
            OutcomeKind.TooLarge, new(QuotaDimension.Tokens, 10_000, 10_001)
        },
        { "said without numbers", "openai", 429, Sentence("Request too large."), "", OutcomeKind.TooLarge, null },
        {
            "Groq says so with a 413", "groq", 413,
            Sentence("Request too large for model `llama-3.3-70b` in organization `org_x` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 8113, please reduce your message size and try again."), "",
            OutcomeKind.TooLarge, new(QuotaDimension.Tokens, 6_000, 8_113)
        },
        {
            "Anthropic, in the words of the simulator", "anthropic", 429,
            """{"type":"error","error":{"type":"rate_limit_error","message":"This request is larger than your organization's rate limit of 30000 tokens per minute: Limit 30000, Requested 40000. Please reduce the prompt length."}}""", "",
            OutcomeKind.TooLarge, new(QuotaDimension.Tokens, 30_000, 40_000)
        },
        // The body's own length, not an account's limit: no other account takes it either.
        { "a body that is too long", "anthropic", 413, """{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}""", "", OutcomeKind.Rejected, null },
        { "longer than the context", "openai", 400, Sentence("maximum context length is 8192 tokens. Limit 8192, Requested 9000."), "", OutcomeKind.Rejected, null },
        { "more than is left, less than the limit", "openai", 429, Sentence("on tokens per min (TPM): Limit 30000, Used 29500, Requested 900. Please try again in 800ms."), "", OutcomeKind.Throttled, null },
        { "a limit of no requests", "openai", 429, Sentence("Rate limit reached on requests per min (RPM): Limit 0, Used 0, Requested 1."), "", OutcomeKind.Exhausted, CostLimit.Nothing },
        { "a limit of 0 with a colon", "openai", 429, Sentence("on tokens per min. Limit: 0 / min. Please try again in 20s."), "", OutcomeKind.Exhausted, CostLimit.Nothing },
        {
            "Gemini, a quota of 0", "gemini", 429,
            """{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateContentInputTokensPerModelPerMinute-FreeTier","quotaValue":"0"}]}]}}""", "",
            OutcomeKind.Exhausted, CostLimit.Nothing
        },
        { "a header says 0", "openai", 429, Pace, ZeroTokens, OutcomeKind.Exhausted, CostLimit.Nothing },
        // Azure sends 0 for what it does not know.
        { "a header of 0 that says nothing", "azure", 429, Pace, ZeroTokens, OutcomeKind.Throttled, null },
        { "a header of 0, and the body names another limit", "openai", 429, Sentence("on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s."), ZeroTokens, OutcomeKind.Throttled, null },
        { "a header of 0 beside a failure of the server", "openai", 500, """{"error":{"message":"x"}}""", ZeroTokens, OutcomeKind.Failed, null },
        { "a limit that only begins with 0", "openai", 429, Sentence("on tokens per min. Limit 0.5, try again in 20s."), "", OutcomeKind.Throttled, null },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void What_a_request_may_cost_is_read_where_that_is_the_reason(
        string name, string provider, int status, string body, string header, OutcomeKind kind, CostLimit? limit)
    {
        ErrorFixture fixture = new(name, provider, status, body, default, default, null, header);

        ErrorClassification result = ErrorClassifier.Classify(provider, status, fixture.Find, Encoding.UTF8.GetBytes(body), DateTimeOffset.UnixEpoch);

        Assert.Equal((kind, limit), (result.Kind, result.CostLimit));
        Assert.True(limit is null || result.RetryAfter is null);
    }

    private static string Sentence(string message) => $$$"""{"error":{"message":"{{{message}}}","type":"tokens","code":"rate_limit_exceeded"}}""";
}
