using System.Text;

namespace AiLib.Dataflow.Providers.Tests.Errors;

/// <summary>What a request may cost at most: read where a provider says that this one is larger than its limit, or that nothing is allowed.</summary>
public sealed class CostLimitTests
{
    private const string ZeroTokens = "x-ratelimit-limit-tokens: 0";
    private const string FullInput = "anthropic-ratelimit-input-tokens-limit: 30000\nanthropic-ratelimit-input-tokens-remaining: 30000";
    private const string ExceedsInput =
        "This request would exceed your organization's rate limit of 30,000 input tokens per minute (org: 00000000-0000-4000-8000-000000000001, model: claude-sonnet-4-20250514). For details, refer to: https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce the prompt length or the maximum tokens requested, or try again later.";

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
        {
            "Anthropic, of the prompt alone, in the words of the simulator", "anthropic", 429,
            Anthropic("This request is larger than your organization's rate limit of 30000 input tokens per minute: Limit 30000, Requested 40000. Please reduce the prompt length."), FullInput,
            OutcomeKind.TooLarge, new(QuotaDimension.InputTokens, 30_000, 40_000)
        },
        // Its own words are the same whether a window is used up or will never do; whether anything of it is used, a header says.
        { "Anthropic, more than a minute's input", "anthropic", 429, Anthropic(ExceedsInput), FullInput, OutcomeKind.TooLarge, new(QuotaDimension.InputTokens, 30_000) },
        {
            "Anthropic, more than a minute's output, as it wrote until 2025", "anthropic", 429,
            Anthropic("This request would exceed the rate limit for your organization (00000000-0000-4000-8000-000000000001) of 8,000 output tokens per minute. For details, refer to: https://docs.anthropic.com/en/api/rate-limits."),
            "anthropic-ratelimit-output-tokens-limit: 8000\nanthropic-ratelimit-output-tokens-remaining: 8000", OutcomeKind.TooLarge, new(QuotaDimension.OutputTokens, 8_000)
        },
        {
            "Anthropic, input of which some is used", "anthropic", 429, Anthropic(ExceedsInput),
            "anthropic-ratelimit-input-tokens-limit: 30000\nanthropic-ratelimit-input-tokens-remaining: 29000", OutcomeKind.Throttled, null
        },
        { "Anthropic, and nobody says how much is used", "anthropic", 429, Anthropic(ExceedsInput), "", OutcomeKind.Throttled, null },
        {
            "Anthropic, input, and all of the output is there", "anthropic", 429, Anthropic(ExceedsInput),
            "anthropic-ratelimit-output-tokens-limit: 30000\nanthropic-ratelimit-output-tokens-remaining: 30000", OutcomeKind.Throttled, null
        },
        {
            "Anthropic, and the header is about another limit", "anthropic", 429, Anthropic(ExceedsInput),
            "anthropic-ratelimit-input-tokens-limit: 50000\nanthropic-ratelimit-input-tokens-remaining: 50000", OutcomeKind.Throttled, null
        },
        {
            "Anthropic, requests, of which all are there", "anthropic", 429, Anthropic("This request would exceed your organization's rate limit of 50 requests per minute."),
            "anthropic-ratelimit-requests-limit: 50\nanthropic-ratelimit-requests-remaining: 50", OutcomeKind.Throttled, null
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
        ErrorFixture fixture = new(name, provider, status, body, default, default, null, header.Split('\n'));

        ErrorClassification result = ErrorClassifier.Classify(provider, status, fixture.Find, Encoding.UTF8.GetBytes(body), DateTimeOffset.UnixEpoch);

        Assert.Equal((kind, limit), (result.Kind, result.CostLimit));
        Assert.True(limit is null || result.RetryAfter is null);
    }

    private static string Anthropic(string message) => $$$"""{"type":"error","error":{"type":"rate_limit_error","message":"{{{message}}}"}}""";

    private static string Sentence(string message) => $$$"""{"error":{"message":"{{{message}}}","type":"tokens","code":"rate_limit_exceeded"}}""";
}
