namespace AiLib.Dataflow.Providers.Tests;

public sealed class ProviderEndpointQuotaTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static readonly (string Name, string Value)[] OpenAI =
    [
        ("x-ratelimit-limit-requests", "5000"),
        ("x-ratelimit-remaining-requests", "4999"),
        ("x-ratelimit-reset-requests", "12ms"),
        ("x-ratelimit-limit-tokens", "160000"),
        ("x-ratelimit-remaining-tokens", "159976"),
        ("x-ratelimit-reset-tokens", "9ms"),
    ];

    [Fact]
    public async Task An_answer_carries_what_the_headers_say()
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => ScriptedHandler.Answer(200, Endpoints.Answer, headers: OpenAI));

        Assert.Equal(10, outcome.Cost);
        Assert.Equal(
            [
                new QuotaReading(QuotaDimension.Requests, Minute, 5000, 4999, TimeSpan.FromMilliseconds(12)),
                new QuotaReading(QuotaDimension.Tokens, Minute, 160_000, 159_976, TimeSpan.FromMilliseconds(9)),
            ],
            outcome.Readings.ToArray());
    }

    [Fact]
    public async Task An_answer_that_says_nothing_carries_nothing() =>
        Assert.True((await Endpoints.CallAsync(_ => ScriptedHandler.Answer(200, Endpoints.Answer))).Readings.IsEmpty);

    [Fact]
    public async Task Nonsense_is_ignored_and_counted()
    {
        using ScriptedHandler wire = new(_ => ScriptedHandler.Answer(
            200, Endpoints.Answer, headers: [("x-ratelimit-limit-tokens", "many"), ("x-ratelimit-remaining-tokens", "-7"), ("x-ratelimit-remaining-requests", "")]));
        using ProviderEndpoint endpoint = new(Endpoints.Options, handler: wire);
        AttemptContext attempt = new("test", 1, TimeSpan.FromMinutes(1));

        Outcome<ProviderResponse> outcome = await endpoint.CallAsync(Endpoints.Request(), attempt, TestContext.Current.CancellationToken);
        long once = endpoint.IgnoredQuotaValues;
        await endpoint.CallAsync(Endpoints.Request(), attempt, TestContext.Current.CancellationToken);

        Assert.True(outcome.IsAnswered);
        Assert.True(outcome.Readings.IsEmpty);
        Assert.InRange(once, 2, 3);
        Assert.Equal(2 * once, endpoint.IgnoredQuotaValues);
    }

    [Fact]
    public async Task A_throttled_call_carries_headers_and_body()
    {
        const string Body = """
            {"error":{"message":"Rate limit reached for m in organization o on tokens per min (TPM): Limit 30000, Used 29000, Requested 5000.","type":"tokens","code":"rate_limit_exceeded"}}
            """;

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => ScriptedHandler.Answer(
            429, Body, headers: [("x-ratelimit-limit-requests", "500"), ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "60s")]));

        Assert.Equal(OutcomeKind.Throttled, outcome.Kind);
        Assert.Equal(
            [
                new QuotaReading(QuotaDimension.Requests, Minute, 500, 0, Minute),
                new QuotaReading(QuotaDimension.Tokens, Minute, 30_000, 1000, FullIn: null),
            ],
            outcome.Readings.ToArray());
    }

    [Fact]
    public async Task A_request_larger_than_the_limit_carries_what_it_may_cost()
    {
        const string Body = """
            {"error":{"message":"Request too large for m on tokens per min (TPM): Limit 30000, Requested 48217.","type":"tokens","code":"rate_limit_exceeded"}}
            """;

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => ScriptedHandler.Answer(429, Body));

        Assert.Equal((OutcomeKind.TooLarge, new CostLimit(QuotaDimension.Tokens, 30_000, 48_217), null), (outcome.Kind, outcome.CostLimit, outcome.RetryAfter));
        Assert.Equal(ProviderErrorCode.RequestTooLarge, Assert.IsType<ProviderException>(outcome.Error).Code);
        Assert.Equal([new QuotaReading(QuotaDimension.Tokens, Minute, 30_000, Remaining: null, FullIn: null)], outcome.Readings.ToArray());
    }

    [Fact]
    public async Task Another_failure_carries_its_headers_but_no_limit_of_its_body()
    {
        const string Body = """{"error":{"message":"tokens per min: Limit 10, Used 5, Requested 50","type":"invalid_request_error"}}""";

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => ScriptedHandler.Answer(400, Body, headers: OpenAI));

        Assert.Equal(OutcomeKind.Rejected, outcome.Kind);
        Assert.Equal([5000L, 160_000L], outcome.Readings.ToArray().Select(reading => reading.Limit!.Value));
    }

    [Fact]
    public async Task Each_provider_is_read_in_its_own_words()
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(
            _ => ScriptedHandler.Answer(
                200, Endpoints.Answer, headers: [("anthropic-ratelimit-requests-limit", "50"), ("anthropic-ratelimit-requests-remaining", "49")]),
            Endpoints.Options with { ProviderId = "anthropic", Dialect = Dialect.Anthropic });

        Assert.Equal([new QuotaReading(QuotaDimension.Requests, Minute, 50, 49, FullIn: null)], outcome.Readings.ToArray());
    }
}
