using System.Net;
using System.Text.Json;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Server;

public sealed class ControlTests
{
    [Fact]
    public async Task The_state_shows_settings_and_counts_but_never_the_key()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions
        {
            ApiKey = "secret",
            RequestsPerMinute = 60,
            Faults = FaultRates.Parse("429=0.5"),
            TimeToFirstToken = TimeSpan.FromMilliseconds(1500),
        });
        using HttpResponseMessage rejected = await simulator.ChatAsync(SimulatorFixture.Chat());

        using HttpResponseMessage response = await simulator.SendAsync(HttpMethod.Get, "/_simulator/state");

        JsonElement state = await response.JsonAsync();
        Assert.Equal(60, state.GetProperty("settings").GetProperty("requestsPerMinute").GetInt32());
        Assert.Equal(JsonValueKind.Null, state.GetProperty("settings").GetProperty("tokensPerMinute").ValueKind);
        Assert.Equal("token-bucket", state.GetProperty("settings").Text("limitKind"));
        Assert.Equal("429=0.5", state.GetProperty("settings").Text("faults"));
        Assert.Equal("1.5s", state.GetProperty("settings").Text("timeToFirstToken"));
        Assert.Equal(1, state.GetProperty("counts").GetProperty("arrived").GetInt32());
        Assert.Equal(1, state.GetProperty("counts").GetProperty("rejected").GetInt32());
        Assert.DoesNotContain("secret", state.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_history_is_one_line_for_each_arrival_in_order()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { RequestsPerMinute = 1 });
        using HttpResponseMessage served = await simulator.PostAsync("/v1/chat/completions", SimulatorFixture.Chat(), ("x-client-request-id", "row-1"));
        simulator.Time.Advance(TimeSpan.FromSeconds(1.5));
        using HttpResponseMessage limited = await simulator.MessagesAsync(SimulatorFixture.Message(more: ",\"stream\":true"));
        using HttpResponseMessage rejected = await simulator.PostAsync("/v1/nothing", "{}");

        using HttpResponseMessage response = await simulator.SendAsync(HttpMethod.Get, "/_simulator/history");

        string[] lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        JsonElement[] arrivals = [.. lines.Select(static line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal([1, 2, 3], arrivals.Select(static arrival => arrival.GetProperty("sequence").GetInt32()));
        Assert.Equal([0, 1.5, 1.5], arrivals.Select(static arrival => arrival.GetProperty("atSeconds").GetDouble()));
        Assert.Equal(["served", "rate_limited", "rejected"], arrivals.Select(static arrival => arrival.Text("decision")), StringComparer.Ordinal);
        Assert.Equal([200, 429, 404], arrivals.Select(static arrival => arrival.GetProperty("status").GetInt32()));
        Assert.Equal(["row-1", null, null], arrivals.Select(static arrival => arrival.Text("clientRequestId")), StringComparer.Ordinal);
        Assert.Equal([false, true, false], arrivals.Select(static arrival => arrival.GetProperty("streamed").GetBoolean()));
        Assert.Equal("/v1/nothing", arrivals[2].Text("path"));
    }

    [Fact]
    public async Task Settings_change_what_is_named_and_nothing_else()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { RequestsPerMinute = 5, Jitter = 0.5 });

        using HttpResponseMessage response = await PutAsync(simulator,
            """{"requestsPerMinute":null,"tokensPerMinute":9000,"maxConcurrent":3,"limitKind":"per-second","burst":"2s","timeToFirstToken":"20ms","timePerToken":"0","answerTokens":8,"faults":"500=1","retryAfter":"1m0s"}""");

        JsonElement settings = (await response.JsonAsync()).GetProperty("settings");
        Assert.Equal(
            """{"seed":1,"requestsPerMinute":null,"tokensPerMinute":9000,"inputTokensPerMinute":null,"outputTokensPerMinute":null,"requestsPerDay":null,"tokensPerDay":null,"maxConcurrent":3,"limitKind":"per-second","burst":"2s","timeToFirstToken":"20ms","timePerToken":"0s","jitter":0.5,"answerTokens":8,"faults":"500=1","retryAfter":"1m0s","historyCapacity":1000000}""",
            settings.GetRawText());
    }

    [Fact]
    public async Task A_changed_fault_rate_works_from_the_next_arrival()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();
        using HttpResponseMessage before = await simulator.ChatAsync(SimulatorFixture.Chat());

        using HttpResponseMessage change = await PutAsync(simulator, """{"faults":"503=1"}""");
        using HttpResponseMessage after = await simulator.ChatAsync(SimulatorFixture.Chat());

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, after.StatusCode);
    }

    [Theory]
    [InlineData("no", "not JSON")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("""{"rpm":5}""", "\"rpm\"")]
    [InlineData("""{"seed":5}""", "Unknown or fixed setting \"seed\"")]
    [InlineData("""{"requestsPerMinute":"5"}""", "The setting \"requestsPerMinute\" is \"5\"; it must be a whole number.")]
    [InlineData("""{"requestsPerMinute":0}""", "RequestsPerMinute is 0; it must be from 1 to 1,000,000,000, or null.")]
    [InlineData("""{"burst":"soon"}""", "it must be a duration such as")]
    [InlineData("""{"limitKind":"leaky"}""", "one of token-bucket, fixed-window, per-second")]
    [InlineData("""{"faults":"418=1"}""", "Unknown fault \"418\"")]
    [InlineData("""{"jitter":5}""", "Jitter is 5; it must be from 0 to 2.")]
    public async Task A_wrong_setting_gets_a_400_that_names_it_and_changes_nothing(string body, string message)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();
        using HttpResponseMessage before = await simulator.SendAsync(HttpMethod.Get, "/_simulator/state");

        using HttpResponseMessage response = await PutAsync(simulator, body);

        using HttpResponseMessage after = await simulator.SendAsync(HttpMethod.Get, "/_simulator/state");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(message, (await response.JsonAsync()).Text("error"), StringComparison.Ordinal);
        Assert.Equal(await before.Content.ReadAsStringAsync(), await after.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Reset_empties_the_history_and_fills_the_limits()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { RequestsPerMinute = 1 });
        using HttpResponseMessage before = await simulator.ChatAsync(SimulatorFixture.Chat());
        await before.Content.ReadAsByteArrayAsync();

        using HttpResponseMessage reset = await simulator.SendAsync(HttpMethod.Post, "/_simulator/reset");

        Assert.Equal(HttpStatusCode.OK, reset.StatusCode);
        Assert.Empty(simulator.Server.History.Snapshot());
        using HttpResponseMessage after = await simulator.ChatAsync(SimulatorFixture.Chat());
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/_simulator")]
    [InlineData("POST", "/_simulator/state")]
    [InlineData("GET", "/_simulator/settings")]
    public async Task Anything_else_is_told_what_there_is_and_leaves_no_trace(string method, string path)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.SendAsync(new HttpMethod(method), path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("GET /_simulator/state", (await response.JsonAsync()).Text("error"), StringComparison.Ordinal);
        Assert.Equal(0, simulator.Server.Counts.Arrived);
    }

    [Fact]
    public void Every_kind_of_limit_has_a_name()
    {
        foreach (LimitKind kind in Enum.GetValues<LimitKind>())
        {
            Assert.True(LimitKindNames.TryFind(LimitKindNames.NameOf(kind), out LimitKind found));
            Assert.Equal(kind, found);
        }
    }

    private static Task<HttpResponseMessage> PutAsync(SimulatorFixture simulator, string body) =>
        simulator.SendAsync(HttpMethod.Put, "/_simulator/settings", body);
}
