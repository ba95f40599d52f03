using System.Net;
using System.Text.Json;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Server;

public sealed class LimitTests
{
    [Fact]
    public async Task Openai_headers_count_down_and_say_when_all_is_back_in_go_durations()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { RequestsPerMinute = 10, TokensPerMinute = 6000 });

        using HttpResponseMessage response = await simulator.ChatAsync(SimulatorFixture.Chat("1234", ",\"max_tokens\":92"));

        // One token of text, four for the message, three for the chat: with the 92 asked for a hundred, which take a second to come back.
        Assert.Equal("10", response.Header("x-ratelimit-limit-requests"));
        Assert.Equal("9", response.Header("x-ratelimit-remaining-requests"));
        Assert.Equal("6s", response.Header("x-ratelimit-reset-requests"));
        Assert.Equal("6000", response.Header("x-ratelimit-limit-tokens"));
        Assert.Equal("5900", response.Header("x-ratelimit-remaining-tokens"));
        Assert.Equal("1s", response.Header("x-ratelimit-reset-tokens"));
        Assert.Null(response.Header("retry-after"));
    }

    [Fact]
    public async Task Anthropic_headers_carry_dates_and_tokens_in_thousands()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { RequestsPerMinute = 7, TokensPerMinute = 6000 });

        using HttpResponseMessage response = await simulator.MessagesAsync(SimulatorFixture.Message());

        Assert.Equal("7", response.Header("anthropic-ratelimit-requests-limit"));
        Assert.Equal("6", response.Header("anthropic-ratelimit-requests-remaining"));
        Assert.Equal("2025-01-01T12:00:09Z", response.Header("anthropic-ratelimit-requests-reset"));
        Assert.Equal("6000", response.Header("anthropic-ratelimit-tokens-limit"));
        Assert.Equal("6000", response.Header("anthropic-ratelimit-tokens-remaining"));
        Assert.Equal("2025-01-01T12:00:01Z", response.Header("anthropic-ratelimit-tokens-reset"));
        Assert.Null(response.Header("x-ratelimit-limit-requests"));
    }

    [Fact]
    public async Task Without_limits_no_limit_headers_are_sent()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.ChatAsync(SimulatorFixture.Chat());

        Assert.DoesNotContain(response.Headers, static header => header.Key.Contains("ratelimit", StringComparison.OrdinalIgnoreCase));
        Assert.Null(response.Header("Server"));
    }

    [Fact]
    public async Task Openai_says_which_limit_was_reached_and_waiting_that_long_is_exactly_enough()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { RequestsPerMinute = 2 });
        using HttpResponseMessage first = await simulator.ChatAsync(SimulatorFixture.Chat("1"));
        using HttpResponseMessage second = await simulator.ChatAsync(SimulatorFixture.Chat("2"));

        using HttpResponseMessage refused = await simulator.ChatAsync(SimulatorFixture.Chat("3"));
        simulator.Time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        using HttpResponseMessage early = await simulator.ChatAsync(SimulatorFixture.Chat("3"));
        simulator.Time.Advance(TimeSpan.FromTicks(1));
        using HttpResponseMessage late = await simulator.ChatAsync(SimulatorFixture.Chat("3"));

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("30", refused.Header("retry-after"));
        Assert.Equal("30000", refused.Header("retry-after-ms"));
        Assert.Equal("0", refused.Header("x-ratelimit-remaining-requests"));
        JsonElement error = (await refused.JsonAsync()).GetProperty("error");
        Assert.Equal("rate_limit_exceeded", error.Text("code"));
        Assert.Equal("requests", error.Text("type"));
        Assert.Equal(JsonValueKind.Null, error.GetProperty("param").ValueKind);
        Assert.StartsWith("Rate limit reached for m in ", error.Text("message"), StringComparison.Ordinal);
        Assert.Contains("on requests per min (RPM): Limit 2, Used 2, Requested 1. Please try again in 30s.", error.Text("message"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.TooManyRequests, early.StatusCode);
        Assert.Equal(HttpStatusCode.OK, late.StatusCode);
    }

    [Fact]
    public async Task Openai_counts_the_prompt_and_the_most_tokens_on_arrival()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { TokensPerMinute = 1000 });
        using HttpResponseMessage first = await simulator.ChatAsync(SimulatorFixture.Chat("1234", ",\"max_tokens\":592"));

        using HttpResponseMessage refused = await simulator.ChatAsync(SimulatorFixture.Chat("1235", ",\"max_tokens\":592"));

        JsonElement error = (await refused.JsonAsync()).GetProperty("error");
        Assert.Equal("tokens", error.Text("type"));
        Assert.Contains("on tokens per min (TPM): Limit 1000, Used 600, Requested 600. Please try again in 12s.", error.Text("message"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "Request too large for m in ", "Limit 100, Requested 1007")]
    [InlineData(true, "This request is larger than your organization's rate limit", "Limit 100, Requested 10")]
    public async Task A_request_above_the_limit_is_told_so_without_a_time_to_come_back(bool anthropic, string start, string numbers)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { TokensPerMinute = 100, AnswerTokens = 1 });

        using HttpResponseMessage response = await simulator.PostAsync(anthropic, anthropic ? "" : ",\"max_tokens\":1", new string('x', 4 * 999));

        JsonElement error = (await response.JsonAsync()).GetProperty("error");
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.StartsWith(start, error.Text("message"), StringComparison.Ordinal);
        Assert.Contains(numbers, error.Text("message"), StringComparison.Ordinal);
        Assert.DoesNotContain("try again", error.Text("message"), StringComparison.OrdinalIgnoreCase);
        Assert.Null(response.Header("retry-after"));
        Assert.Null(response.Header("retry-after-ms"));
    }

    [Fact]
    public async Task Anthropic_says_rate_limit_error_and_whole_seconds()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { RequestsPerMinute = 7, LimitKind = LimitKind.PerSecond });
        using HttpResponseMessage first = await simulator.MessagesAsync(SimulatorFixture.Message());
        simulator.Time.Advance(TimeSpan.FromMilliseconds(100));

        using HttpResponseMessage refused = await simulator.MessagesAsync(SimulatorFixture.Message());

        JsonElement body = await refused.JsonAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);

        // Seven a minute: the next second with a share is the eighth, 7.9 seconds away.
        Assert.Equal("8", refused.Header("retry-after"));
        Assert.Equal("error", body.Text("type"));
        Assert.Equal("rate_limit_error", body.GetProperty("error").Text("type"));
        Assert.Equal(refused.Header("request-id"), body.Text("request_id"));
    }

    [Theory]
    [InlineData(LimitKind.TokenBucket)]
    [InlineData(LimitKind.FixedWindow)]
    [InlineData(LimitKind.PerSecond)]
    [InlineData(LimitKind.SlidingWindow)]
    public async Task A_burst_passes_as_many_as_the_limit_allows_and_no_more(LimitKind kind)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(
            new SimulatorOptions { RequestsPerMinute = 600, LimitKind = kind, Burst = TimeSpan.FromSeconds(2) });
        long allowed = kind switch { LimitKind.TokenBucket => 20, LimitKind.PerSecond => 10, _ => 600 };

        HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 700).Select(request => simulator.ChatAsync(SimulatorFixture.Chat($"{request}"))));

        Assert.Equal(allowed, responses.Count(static response => response.IsSuccessStatusCode));
        Assert.Equal(new SimulatorCounts { Arrived = 700, Served = allowed, RateLimited = 700 - allowed },
            simulator.Server.Counts with { MostInFlight = 0, PromptTokens = 0, CompletionTokens = 0, InFlight = 0 });
    }

    [Fact]
    public async Task Requests_may_be_counted_otherwise_than_tokens()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(
            new SimulatorOptions { RequestsPerMinute = 120, TokensPerMinute = 1000, LimitKind = LimitKind.FixedWindow, RequestLimitKind = LimitKind.PerSecond });
        HttpStatusCode[] statuses = new HttpStatusCode[4];

        for (int request = 0; request < statuses.Length; request++)
        {
            // Of 300 tokens each: two fit into a second, three into a minute.
            using HttpResponseMessage response = await simulator.ChatAsync(SimulatorFixture.Chat("1234", ",\"max_tokens\":292"));
            statuses[request] = response.StatusCode;
            simulator.Time.Advance(request == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(1));
        }

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], statuses);
        Assert.Equal([300, 300, 300, 0], simulator.Server.History.Snapshot().Select(static arrival => arrival.ChargedTokens));
        using HttpResponseMessage third = await simulator.ChatAsync(SimulatorFixture.Chat("1", ",\"max_tokens\":1"));
        using HttpResponseMessage fourth = await simulator.ChatAsync(SimulatorFixture.Chat("2", ",\"max_tokens\":1"));
        using HttpResponseMessage fifth = await simulator.ChatAsync(SimulatorFixture.Chat("3", ",\"max_tokens\":1"));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], [third.StatusCode, fourth.StatusCode, fifth.StatusCode]);
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, ",\"stream\":true")]
    [InlineData(true, ",\"stream\":true")]
    public async Task One_after_the_other_never_meets_a_concurrency_limit_of_one(bool anthropic, string more)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(
            new SimulatorOptions { MaxConcurrent = 1, Faults = FaultRates.Parse("500=0.2,half=0.2") });

        for (int request = 0; request < 300; request++)
        {
            using HttpResponseMessage response = await simulator.PostAsync(anthropic, more, $"{request}");
            try
            {
                await response.Content.ReadAsByteArrayAsync();
            }
            catch (HttpRequestException)
            {
                // Half a body is an answer as well: what counts is that its place is free again.
            }
        }

        Assert.Equal(0, simulator.Server.Counts.RateLimited);
        Assert.Equal(1, simulator.Server.Counts.MostInFlight);
    }

    [Theory]
    [InlineData(false, "Too many concurrent requests for m")]
    [InlineData(true, "Number of concurrent connections has exceeded your rate limit")]
    public async Task Above_the_concurrency_limit_the_answer_is_429(bool anthropic, string start)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(
            new SimulatorOptions { MaxConcurrent = 1, TimeToFirstToken = TimeSpan.FromHours(1) });
        Task<HttpResponseMessage> waiting = simulator.PostAsync(anthropic);
        while (simulator.Server.Counts.InFlight == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        using HttpResponseMessage refused = await simulator.PostAsync(anthropic, content: "other");

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.StartsWith(start, (await refused.JsonAsync()).GetProperty("error").Text("message"), StringComparison.Ordinal);
        await simulator.Server.StopAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => waiting);
    }
}
