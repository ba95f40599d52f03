using System.Text;
using AiLib.Dataflow.Providers.Quotas;
using CsCheck;
using static AiLib.Dataflow.QuotaDimension;

namespace AiLib.Dataflow.Providers.Tests.Quotas;

public sealed class QuotaErrorsTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static TheoryData<string, string, QuotaReading?> Bodies { get; } = new()
    {
        { "OpenAI, tokens", Sentence("on tokens per min (TPM): Limit 30000, Used 29000, Requested 5000. Please try again in 8s."), new(Tokens, Minute, 30_000, 1000, null) },
        { "OpenAI, requests", Sentence("on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s."), new(Requests, Minute, 3, 0, null) },
        { "OpenAI, a day", Sentence("on requests per day (RPD): Limit 200, Used 200, Requested 1."), new(Requests, Day, 200, 0, null) },
        { "OpenAI, by usage", Sentence("on tokens_usage_based per min: Limit 10000, Used 9298, Requested 1161."), new(Tokens, Minute, 10_000, 702, null) },
        { "OpenAI, input", Sentence("on input tokens per minute: Limit 10000, Used 9298, Requested 1161."), new(InputTokens, Minute, 10_000, 702, null) },
        { "OpenAI, output", Sentence("on output tokens per minute: Limit: 10000 Requested: 1161."), new(OutputTokens, Minute, 10_000, null, null) },
        { "OpenAI, only letters", Sentence("TPD exceeded (TPD): Limit 10,000, Used 9,000, Requested 1,161."), new(Tokens, Day, 10_000, 1000, null) },
        { "OpenAI, without what was used", Sentence("Request too large on tokens per min (TPM): Limit 30000, Requested 45000."), new(Tokens, Minute, 30_000, null, null) },
        { "OpenAI, more used than allowed", Sentence("on tokens per min (TPM): Limit 30000, Used 31000, Requested 1."), new(Tokens, Minute, 30_000, 0, null) },
        { "Groq, a day", Sentence("on tokens per day (TPD): Limit 100000, Used 99500, Requested 1200. Please try again in 10m4.8s."), new(Tokens, Day, 100_000, 500, null) },
        { "Anthropic, input", Sentence("This request would exceed your organization's rate limit of 30,000 input tokens per minute (org: x, model: y). For details, refer to: z."), new(InputTokens, Minute, 30_000, null, null) },
        { "Anthropic, output, with the organisation before the number", Sentence("This request would exceed the rate limit for your organization (x-1) of 8,000 output tokens per minute."), new(OutputTokens, Minute, 8_000, null, null) },
        { "Anthropic, requests", Sentence("This request would exceed your organization's rate limit of 50 requests per minute."), new(Requests, Minute, 50, null, null) },
        { "Anthropic, how fast use may grow, which is no limit", Sentence("This request would exceed your organization's maximum usage increase rate for input tokens per minute."), null },
        { "only the type says what", """{"error":{"message":"Limit 5, Used 4, Requested 3","type":"tokens"}}""", new(Tokens, null, 5, 1, null) },
        { "only the type says what, requests", """{"error":{"message":"Limit 5, Requested 3","type":"requests"}}""", new(Requests, null, 5, null, null) },
        { "nothing says what", """{"error":{"message":"Limit 5, Used 4, Requested 3"}}""", null },
        { "no limit", Sentence("on tokens per min (TPM). Please try again."), null },
        { "Gemini, requests of a minute", Violations(("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "m", "\"15\"")), new(Requests, Minute, 15, null, null) },
        { "Gemini, requests of a day", Violations(("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "m", "\"50\"")), new(Requests, Day, 50, null, null) },
        { "Gemini, prompt of a minute", Violations(("GenerateContentInputTokensPerModelPerMinute-FreeTier", "m", "\"250000\"")), new(InputTokens, Minute, 250_000, null, null) },
        { "Gemini, none ever", Violations(("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "m", "\"0\"")), new(Requests, Day, 0, null, null) },
        { "Gemini, a number", Violations(("GenerateRequestsPerMinute", "m", "15")), new(Requests, Minute, 15, null, null) },
        { "Gemini, only the metric says what", Violations(("PerMinute", "generate_content_free_tier_input_token_count", "\"7\"")), new(InputTokens, Minute, 7, null, null) },
        { "Gemini, no value", Violations(("GenerateRequestsPerMinute", "m", "null")), null },
        { "Gemini, nothing that we count", Violations(("BytesPerMinute", "bytes", "\"7\"")), null },
        { "HTML", "<html>Limit 5, Requested 3 tokens per min</html>", null },
        { "nothing", "", null },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Bodies))]
    public void A_body_is_read_in_every_form(string name, string body, QuotaReading? expected)
    {
        (QuotaReading[] readings, int ignored) = Read(body);

        Assert.True(expected is { } reading ? readings is [var only] && only == reading : readings.Length == 0, $"{name}: {string.Join(", ", readings)}");
        Assert.Equal(0, ignored);
    }

    [Fact]
    public void Every_violation_is_read_and_nonsense_counted()
    {
        (QuotaReading[] readings, int ignored) = Read(
            Violations(("RequestsPerMinute", "", "\"many\""), ("RequestsPerDay", "", "\"50\""), ("InputTokensPerMinute", "", "\"-3\""), ("TokensPerMinute", "", "\"9\"")));

        Assert.Equal([new(Requests, Day, 50, null, null), new(Tokens, Minute, 9, null, null)], readings);
        Assert.Equal(2, ignored);
    }

    [Fact]
    public void No_more_violations_are_kept_than_can_be_read() =>
        Assert.Equal(QuotaHeaders.MaxReadings, Read(Violations([.. Enumerable.Repeat(("RequestsPerDay", "", "\"50\""), 50)])).Readings.Length);

    [Fact]
    public void A_limit_beyond_reason_is_counted()
    {
        (QuotaReading[] readings, int ignored) = Read(Sentence("on tokens per min (TPM): Limit 999999999999999999, Used 1, Requested 5."));

        Assert.Empty(readings);
        Assert.Equal(1, ignored);
    }

    [Fact]
    public void Random_bodies_give_readings_in_range_and_never_an_exception()
    {
        Gen<string> piece = Gen.OneOf(
            Gen.OneOf(
                "{", "}", "[", "]", ":", ",", "\"error\":", "\"message\":", "\"type\":", "\"tokens\"", "\"details\":", "\"violations\":", "\"quotaId\":", "\"quotaMetric\":", "\"quotaValue\":",
                "\"RequestsPerDay\"", "\"\\ud800\"", "-1", "1e999", "\"9999999999999999999\"", "null", "on tokens per min (TPM): Limit ", ", Used ", ", Requested ", "999999999999999999", "5", "\u00FF"),
            Gen.Long.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Gen<string> loose = piece.Array[0, 10].Select(string.Concat);
        Gen<string> shaped = Gen.Select(loose, piece, piece).Select((text, id, value) =>
            $$"""{"error":{"message":"{{text.Replace("\"", "", StringComparison.Ordinal)}}","details":[{"violations":[{"quotaId":"Requests{{id}}","quotaValue":{{value}}}]}]} }""");

        Gen.OneOf(loose, shaped, loose.Select(text => "on tokens per min (TPM): Limit 5" + text)).Sample(
            body =>
            {
                (QuotaReading[] readings, int ignored) = Read(body);
                return QuotaHeadersTests.AreInRange(readings) && ignored >= 0;
            },
            iter: 200_000);
    }

    private static (QuotaReading[] Readings, int Ignored) Read(string body)
    {
        var readings = new QuotaReading[QuotaHeaders.MaxReadings];
        QuotaTally tally = QuotaErrors.Read(Encoding.UTF8.GetBytes(body), readings);
        return (readings[..tally.Readings], tally.Ignored);
    }

    private static string Sentence(string text) =>
        $$"""{"error":{"message":"Rate limit reached for gpt-4o in organization org-x {{text}}","type":"x","code":"rate_limit_exceeded"} }""";

    private static string Violations(params (string Id, string Metric, string Value)[] violations) =>
        $$"""{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota.","details":[{"violations":[{{string.Join(
            ',', violations.Select(violation => $$"""{"quotaMetric":"{{violation.Metric}}","quotaId":"{{violation.Id}}","quotaValue":{{violation.Value}}}"""))}}]}]} }""";
}
