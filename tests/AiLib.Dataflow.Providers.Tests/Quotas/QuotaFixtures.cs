using static AiLib.Dataflow.QuotaDimension;

namespace AiLib.Dataflow.Providers.Tests.Quotas;

/// <summary>What each provider sends, as it sends it. The time is 2026-03-01 06:00:00 UTC.</summary>
public static class QuotaFixtures
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    /// <summary>One row for each provider and form.</summary>
    public static IReadOnlyList<QuotaFixture> Providers { get; } =
    [
        new(
            "requests of a minute, tokens of two kinds", "openai",
            [
                "x-ratelimit-limit-requests: 5000", "x-ratelimit-remaining-requests: 4999", "x-ratelimit-reset-requests: 12ms",
                "x-ratelimit-limit-tokens: 160000", "x-ratelimit-remaining-tokens: 158866", "x-ratelimit-reset-tokens: 425ms",
                "x-ratelimit-limit-tokens_usage_based: 160000", "x-ratelimit-remaining-tokens_usage_based: 158866", "x-ratelimit-reset-tokens_usage_based: 425ms",
            ],
            new(Requests, Minute, 5000, 4999, Seconds(0.012)), new(Tokens, Minute, 160_000, 158_866, Seconds(0.425)),
            new(Tokens, Minute, 160_000, 158_866, Seconds(0.425))),
        new(
            "requests of a day", "openai",
            ["x-ratelimit-limit-requests: 200", "x-ratelimit-remaining-requests: 197", "x-ratelimit-reset-requests: 16m17.764s"],
            new QuotaReading(Requests, Day, 200, 197, Seconds(977.764))),
        new(
            "requests of a day, one used, which a minute that begins anew says as well", "openai",
            ["x-ratelimit-limit-requests: 10000", "x-ratelimit-remaining-requests: 9999", "x-ratelimit-reset-requests: 8.64s"],
            new QuotaReading(Requests, null, 10_000, 9999, Seconds(8.64))),
        new(
            "requests of a day, enough used to tell", "openai",
            ["x-ratelimit-limit-requests: 10000", "x-ratelimit-remaining-requests: 9992", "x-ratelimit-reset-requests: 1m9.12s"],
            new QuotaReading(Requests, Day, 10_000, 9992, Seconds(69.12))),
        new(
            "the beginning of a minute that begins anew", "openai",
            ["x-ratelimit-limit-requests: 3000", "x-ratelimit-remaining-requests: 2998", "x-ratelimit-reset-requests: 57.6s"],
            new QuotaReading(Requests, null, 3000, 2998, Seconds(57.6))),
        new(
            "all of a day used", "openai",
            ["x-ratelimit-limit-requests: 200", "x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 24h0m0s"],
            new QuotaReading(Requests, Day, 200, 0, Day)),
        new(
            "nothing used, so that nothing tells the window", "openai",
            ["x-ratelimit-limit-requests: 500", "x-ratelimit-remaining-requests: 500", "x-ratelimit-reset-requests: 0s"],
            new QuotaReading(Requests, null, 500, 500, TimeSpan.Zero)),
        new("a limit alone", "openai", ["x-ratelimit-limit-requests: 500"], new QuotaReading(Requests, null, 500, null, null)),
        new(
            "a project's tokens", "openai",
            ["x-ratelimit-limit-project-tokens: 1000000", "x-ratelimit-remaining-project-tokens: 990000", "x-ratelimit-reset-project-tokens: 6m0s"],
            new QuotaReading(Tokens, Minute, 1_000_000, 990_000, Seconds(360))),
        new(
            "usage, with hyphens", "openai", ["x-ratelimit-limit-tokens-usage-based: 40000", "x-ratelimit-remaining-tokens-usage-based: 39929"],
            new QuotaReading(Tokens, Minute, 40_000, 39_929, null)),
        new("the id in capitals", "OpenAI", ["x-ratelimit-limit-tokens: 7"], new QuotaReading(Tokens, Minute, 7, null, null)),
        new("a time alone is no reading", "openai", ["x-ratelimit-reset-requests: 1s"]),

        new(
            "whole seconds", "azure",
            [
                "x-ratelimit-limit-requests: 100", "x-ratelimit-remaining-requests: 79", "x-ratelimit-reset-requests: 10",
                "x-ratelimit-limit-tokens: 100000", "x-ratelimit-remaining-tokens: 61353", "x-ratelimit-reset-tokens: 42",
            ],
            new(Requests, Minute, 100, 79, Seconds(10)), new(Tokens, Minute, 100_000, 61_353, Seconds(42))),
        new(
            "what is left without a limit", "azure", ["x-ratelimit-remaining-requests: 79", "x-ratelimit-remaining-tokens: 61353"],
            new(Requests, Minute, null, 79, null), new(Tokens, Minute, null, 61_353, null)),
        new("unknown", "azure", ["x-ratelimit-limit-tokens: -1", "x-ratelimit-remaining-tokens: -1", "x-ratelimit-reset-tokens: 0"]),
        new("unknown, as zeros", "azure", ["x-ratelimit-limit-tokens: 0", "x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: 0"]),
        new("a zero that nothing confirms", "azure", ["x-ratelimit-remaining-requests: 0"]),
        new(
            "a zero beside a limit", "azure", ["x-ratelimit-limit-requests: 1", "x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 30"],
            new QuotaReading(Requests, Minute, 1, 0, Seconds(30))),
        new(
            "more used than there was", "azure", ["x-ratelimit-limit-requests: 1", "x-ratelimit-remaining-requests: -1", "x-ratelimit-reset-requests: 105"],
            new QuotaReading(Requests, Minute, 1, null, Seconds(105))),

        new(
            "all four", "anthropic",
            [
                "anthropic-ratelimit-requests-limit: 50", "anthropic-ratelimit-requests-remaining: 49", "anthropic-ratelimit-requests-reset: 2026-03-01T06:00:01Z",
                "anthropic-ratelimit-tokens-limit: 48000", "anthropic-ratelimit-tokens-remaining: 47000", "anthropic-ratelimit-tokens-reset: 2026-03-01T06:00:30Z",
                "anthropic-ratelimit-input-tokens-limit: 40000", "anthropic-ratelimit-input-tokens-remaining: 39000",
                "anthropic-ratelimit-input-tokens-reset: 2026-03-01T06:00:02.5Z",
                "anthropic-ratelimit-output-tokens-limit: 8000", "anthropic-ratelimit-output-tokens-remaining: 8000",
                "anthropic-ratelimit-output-tokens-reset: 2026-03-01T06:00:00Z",
            ],
            new(Requests, Minute, 50, 49, Seconds(1)), new(Tokens, Minute, 48_000, 47_000, Seconds(30)),
            new(InputTokens, Minute, 40_000, 39_000, Seconds(2.5)), new(OutputTokens, Minute, 8000, 8000, TimeSpan.Zero)),
        new(
            "a reset that is over", "anthropic", ["anthropic-ratelimit-requests-remaining: 1", "anthropic-ratelimit-requests-reset: 2026-03-01T05:59:00Z"],
            new QuotaReading(Requests, Minute, null, 1, TimeSpan.Zero)),
        new(
            "fast mode", "anthropic",
            [
                "anthropic-ratelimit-input-tokens-limit: 40000", "anthropic-ratelimit-input-tokens-remaining: 39000",
                "anthropic-fast-input-tokens-limit: 20000", "anthropic-fast-input-tokens-remaining: 15000", "anthropic-fast-input-tokens-reset: 2026-03-01T06:00:15Z",
                "anthropic-fast-output-tokens-limit: 0", "anthropic-fast-output-tokens-remaining: 0",
            ],
            new(InputTokens, Minute, 40_000, 39_000, null), new(InputTokens, Minute, 20_000, 15_000, Seconds(15)), new(OutputTokens, Minute, 0, 0, null)),
        new(
            "priority capacity hides no standard quota", "anthropic",
            [
                "anthropic-ratelimit-input-tokens-limit: 40000", "anthropic-ratelimit-input-tokens-remaining: 39000",
                "anthropic-priority-input-tokens-limit: 10000", "anthropic-priority-input-tokens-remaining: 0",
            ],
            new QuotaReading(InputTokens, Minute, 40_000, 39_000, null)),
        new(
            "priority capacity alone", "anthropic",
            [
                "anthropic-priority-input-tokens-limit: 10000", "anthropic-priority-input-tokens-remaining: 9618",
                "anthropic-priority-input-tokens-reset: 2026-03-01T06:00:59Z", "anthropic-priority-output-tokens-limit: 10000",
            ],
            new(InputTokens, Minute, 10_000, 9618, Seconds(59)), new(OutputTokens, Minute, 10_000, null, null)),

        new(
            "requests of a day, tokens of a minute", "groq",
            [
                "x-ratelimit-limit-requests: 14400", "x-ratelimit-remaining-requests: 14370", "x-ratelimit-reset-requests: 2m59.56s",
                "x-ratelimit-limit-tokens: 18000", "x-ratelimit-remaining-tokens: 17997", "x-ratelimit-reset-tokens: 7.66s",
            ],
            new(Requests, Day, 14_400, 14_370, Seconds(179.56)), new(Tokens, Minute, 18_000, 17_997, Seconds(7.66))),

        new(
            "six windows", "cerebras",
            [
                "x-ratelimit-limit-requests-minute: 5", "x-ratelimit-remaining-requests-minute: 4", "x-ratelimit-reset-requests-minute: 33.011382102966",
                "x-ratelimit-limit-requests-hour: 150", "x-ratelimit-limit-requests-day: 2400", "x-ratelimit-remaining-requests-day: 2200",
                "x-ratelimit-reset-requests-day: 33011.382867",
                "x-ratelimit-limit-tokens-minute: 60000", "x-ratelimit-reset-tokens-minute: 0.5", "x-ratelimit-limit-tokens-hour: 1000000",
                "x-ratelimit-remaining-tokens-day: 900000",
            ],
            new(Requests, Minute, 5, 4, Seconds(33.011382102966)), new(Requests, Hour, 150, null, null), new(Requests, Day, 2400, 2200, Seconds(33_011.382867)),
            new(Tokens, Minute, 60_000, null, Seconds(0.5)), new(Tokens, Hour, 1_000_000, null, null), new(Tokens, Day, null, 900_000, null)),

        new(
            "by size", "mistral",
            [
                "x-ratelimitbysize-limit-minute: 500000", "x-ratelimitbysize-remaining-minute: 499967", "x-ratelimitbysize-limit-month: 1000000000",
                "x-ratelimitbysize-remaining-month: 999999967", "ratelimitbysize-limit: 500000", "ratelimitbysize-query-cost: 33", "ratelimitbysize-reset: 45",
            ],
            new(Tokens, Minute, 500_000, 499_967, null), new(Tokens, Month, 1_000_000_000, 999_999_967, null), new(Tokens, null, 500_000, null, Seconds(45))),
        new(
            "by requests and tokens", "mistral",
            [
                "x-ratelimit-limit-req-minute: 720", "x-ratelimit-remaining-req-minute: 717", "x-ratelimit-limit-tokens-minute: 5000000",
                "x-ratelimit-remaining-tokens-minute: 4999911", "x-ratelimit-tokens-query-cost: 52",
            ],
            new(Requests, Minute, 720, 717, null), new(Tokens, Minute, 5_000_000, 4_999_911, null)),

        new(
            "of a second", "together",
            ["x-ratelimit-limit: 10", "x-ratelimit-remaining: 9", "x-ratelimit-reset: 1", "x-ratelimit-limit-tokens: 3000", "x-tokenlimit-remaining: 2990"],
            new(Requests, Second, 10, 9, Seconds(1)), new(Tokens, Second, 3000, 2990, null)),

        new(
            "prompt and generated apart", "fireworks",
            [
                "x-ratelimit-limit-tokens-prompt: 11250000", "x-ratelimit-remaining-tokens-prompt: 11240000", "x-ratelimit-limit-tokens-generated: 36000",
                "x-ratelimit-limit-tokens-cache-adjusted-prompt: 5400000",
            ],
            new(InputTokens, Minute, 11_250_000, 11_240_000, null), new(OutputTokens, Minute, 36_000, null, null)),

        new(
            "milliseconds since 1970", "openrouter", ["x-ratelimit-limit: 20", "x-ratelimit-remaining: 0", "x-ratelimit-reset: 1772344830000"],
            new QuotaReading(Requests, null, 20, 0, Seconds(30))),
        new(
            "seconds since 1970", "openrouter", ["x-ratelimit-limit: 20", "x-ratelimit-reset: 1772344830"],
            new QuotaReading(Requests, null, 20, null, Seconds(30))),

        .. new[] { "deepseek", "gemini", "vertex", "bedrock" }.Select(id =>
            new QuotaFixture("nothing", id, ["x-ratelimit-limit-requests: 5", "ratelimit-limit: 5", "ratelimit-policy: \"a\";q=5"])),

        new(
            "OpenAI's names, in windows that nobody tells", "compatible",
            [
                "x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: 59", "x-ratelimit-reset-requests: 1s", "x-ratelimit-remaining-tokens: 12",
                "ratelimit-limit: 7",
            ],
            new(Requests, null, 60, 59, Seconds(1)), new(Tokens, null, null, 12, null)),
        new("an HTTP date", "vllm", ["x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: Sun, 01 Mar 2026 06:00:30 GMT"], new QuotaReading(Requests, null, null, 0, Seconds(30))),
    ];

    /// <summary>The fields of the IETF's draft, which are asked for where nothing else is known.</summary>
    public static IReadOnlyList<QuotaFixture> Standard { get; } =
    [
        Ietf("a policy and its state", ["ratelimit-policy: \"default\";q=100;w=60", "ratelimit: \"default\";r=50;t=30"], new QuotaReading(Requests, Minute, 100, 50, Seconds(30))),
        Ietf(
            "two policies, the states in another order, white space", ["ratelimit-policy: \"burst\" ; q=10 ; w=1 , \"daily\";q=1000;w=86400", "ratelimit: \"daily\";r=7;t=3600,\"burst\";r=3"],
            new(Requests, Second, 10, 3, null), new(Requests, Day, 1000, 7, Seconds(3600))),
        Ietf("a name full of separators", ["ratelimit-policy: \"a,b;q=1\\\"=\";q=100;w=60;pk=:cHJv:", "ratelimit: \"a,b;q=1\\\"=\";r=50"], new QuotaReading(Requests, Minute, 100, 50, null)),
        Ietf("a token as a name", ["ratelimit-policy: default;q=100;w=60", "ratelimit: default;r=50;t=30"], new QuotaReading(Requests, Minute, 100, 50, Seconds(30))),
        Ietf("a state without a policy", ["ratelimit: \"default\";r=50;t=30"], new QuotaReading(Requests, null, null, 50, Seconds(30))),
        Ietf("a policy without a state", ["ratelimit-policy: \"default\";q=100;w=60"], new QuotaReading(Requests, Minute, 100, null, null)),
        Ietf("a policy without a window", ["ratelimit-policy: \"default\";q=100"], new QuotaReading(Requests, null, 100, null, null)),
        Ietf(
            "units", ["ratelimit-policy: \"a\";q=1;qu=\"requests\", \"b\";q=2;qu=\"tokens\", \"c\";q=3;qu=\"content-bytes\", \"d\";q=4;qu=\"concurrent-requests\"", "ratelimit: \"c\";r=1"],
            new(Requests, null, 1, null, null), new(Tokens, null, 2, null, null)),
        Ietf("a dictionary", ["ratelimit-policy: 100;w=60;comment=\"x\"", "ratelimit: limit=100, remaining=50, reset=30"], new QuotaReading(Requests, Minute, 100, 50, Seconds(30))),
        Ietf(
            "three fields and a policy", ["ratelimit-policy: 10;w=1, 100;w=60", "ratelimit-limit: 100", "ratelimit-remaining: 50", "ratelimit-reset: 30"],
            new QuotaReading(Requests, Minute, 100, 50, Seconds(30))),
        Ietf("three fields, the policies in the first", ["ratelimit-limit: 100, 10;w=1, 100;w=3600", "ratelimit-remaining: 50"], new QuotaReading(Requests, Hour, 100, 50, null)),
        Ietf("three fields", ["ratelimit-limit: 100", "ratelimit-remaining: 50", "ratelimit-reset: 30"], new QuotaReading(Requests, null, 100, 50, Seconds(30))),
        Ietf("more policies than are read", ["ratelimit-policy: " + string.Join(',', Enumerable.Range(1, 30).Select(i => $"\"p{i}\";q={i}"))], [.. Enumerable.Range(1, 8).Select(i => new QuotaReading(Requests, null, i, null, null))]),
        Ietf("an unfinished name", ["ratelimit-policy: \"a;q=100;w=60\\"]),
        Ietf("only separators", ["ratelimit-policy: ,,;;==\"\"", "ratelimit: ;r;t=,="]),
        Ietf("an endless field", ["ratelimit-policy: " + new string(',', 3000) + "\"a\";q=1"]) with { Ignored = 1 },
        Ietf("a window of nothing", ["ratelimit-policy: \"a\";q=1;w=0"], new QuotaReading(Requests, null, 1, null, null)) with { Ignored = 1 },
        Ietf("a window without end", ["ratelimit-policy: \"a\";q=1;w=999999999999"], new QuotaReading(Requests, null, 1, null, null)) with { Ignored = 1 },
        Ietf("nonsense everywhere", ["ratelimit-policy: \"a\";q=-1;w=x", "ratelimit: \"a\";r=1.5;t=soon"]) with { Ignored = 4 },
    ];

    private static QuotaFixture Ietf(string name, string[] headers, params QuotaReading[] readings) => new(name, "somebody", headers, readings);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
