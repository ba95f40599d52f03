using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Server;

public sealed class FaultTests
{
    [Theory]
    [InlineData("429", 429, "requests", "rate_limit_exceeded")]
    [InlineData("429-bare", 429, "requests", "rate_limit_exceeded")]
    [InlineData("500", 500, "server_error", null)]
    [InlineData("502", 502, "cf_bad_gateway", "502")]
    [InlineData("503", 503, "server_error", null)]
    [InlineData("529", 529, "server_error", "overloaded")]
    public async Task Openai_faults_with_a_status_have_the_provider_s_body(string fault, int status, string type, string? code)
    {
        await using SimulatorFixture simulator = await StartAsync(fault);

        using HttpResponseMessage response = await simulator.PostAsync(anthropic: false);

        JsonElement error = (await response.JsonAsync()).GetProperty("error");
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(type, error.Text("type"));
        Assert.Equal(code, error.GetProperty("code").ValueKind == JsonValueKind.Null ? null : error.GetProperty("code").ToString());
        Assert.Equal(fault == "502" ? JsonValueKind.Number : error.GetProperty("code").ValueKind, error.GetProperty("code").ValueKind);
        Assert.NotNull(response.Header("x-request-id"));
    }

    [Theory]
    [InlineData("429", 429, "rate_limit_error")]
    [InlineData("429-bare", 429, "rate_limit_error")]
    [InlineData("500", 500, "api_error")]
    [InlineData("502", 502, "api_error")]
    [InlineData("503", 503, "api_error")]
    [InlineData("529", 529, "overloaded_error")]
    public async Task Anthropic_faults_with_a_status_have_the_provider_s_body(string fault, int status, string type)
    {
        await using SimulatorFixture simulator = await StartAsync(fault);

        using HttpResponseMessage response = await simulator.PostAsync(anthropic: true);

        JsonElement body = await response.JsonAsync();
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("error", body.Text("type"));
        Assert.Equal(type, body.GetProperty("error").Text("type"));
        Assert.Equal(response.Header("request-id"), body.Text("request_id"));
    }

    [Theory]
    [InlineData(false, "2500")]
    [InlineData(true, null)]
    public async Task A_429_says_when_to_come_back_and_a_bare_one_gives_no_hint(bool anthropic, string? milliseconds)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions
        {
            Faults = FaultRates.Parse("429=1"),
            RetryAfter = TimeSpan.FromSeconds(2.5),
            RequestsPerMinute = 100,
        });

        using HttpResponseMessage told = await simulator.PostAsync(anthropic);
        simulator.Server.SetFaults(FaultRates.Parse("429-bare=1"));
        using HttpResponseMessage bare = await simulator.PostAsync(anthropic);

        Assert.Equal("3", told.Header("retry-after"));
        Assert.Equal(milliseconds, told.Header("retry-after-ms"));
        Assert.Null(bare.Header("retry-after"));
        Assert.Null(bare.Header("retry-after-ms"));
        Assert.DoesNotContain(bare.Headers, static header => header.Key.Contains("ratelimit", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("again in", await bare.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("html", 502)]
    [InlineData("html-200", 200)]
    public async Task A_proxy_s_page_is_html(string fault, int status)
    {
        await using SimulatorFixture simulator = await StartAsync(fault);

        using HttpResponseMessage response = await simulator.PostAsync(anthropic: false);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("<html>", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reset_closes_the_connection_before_any_answer(bool anthropic)
    {
        await using SimulatorFixture simulator = await StartAsync("reset");

        HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(() => simulator.PostAsync(anthropic));

        var cause = Assert.IsType<SocketException>(exception.GetBaseException());
        Assert.Equal(SocketError.ConnectionReset, cause.SocketErrorCode);
        Arrival arrival = Assert.Single(simulator.Server.History.Snapshot());
        Assert.Equal((FaultKind.Reset, 0), (arrival.Fault, arrival.Status));
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, ",\"stream\":true")]
    [InlineData(true, ",\"stream\":true")]
    public async Task Half_a_body_arrives_whole_as_far_as_it_goes_and_then_the_connection_ends(bool anthropic, string more)
    {
        await using SimulatorFixture simulator = await StartAsync("half");
        using HttpResponseMessage response = await simulator.PostAsync(anthropic, more);

        using var received = new MemoryStream();
        HttpIOException exception = await Assert.ThrowsAsync<HttpIOException>(async () =>
        {
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            await stream.CopyToAsync(received);
        });

        simulator.Server.SetFaults(FaultRates.None);
        using HttpResponseMessage complete = await simulator.PostAsync(anthropic, more);
        byte[] whole = await complete.Content.ReadAsByteArrayAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(HttpRequestError.ResponseEnded, exception.HttpRequestError);
        Assert.InRange(received.Length, 1, whole.Length - 1);
        Assert.Equal(whole[..(int)received.Length], received.ToArray());
    }

    [Theory]
    [InlineData(false, "", " ")]
    [InlineData(true, "", " ")]
    [InlineData(false, ",\"stream\":true", ": keep-alive")]
    [InlineData(true, ",\"stream\":true", "event: ping")]
    public async Task An_endless_body_drips_until_the_client_goes_away(bool anthropic, string more, string drip)
    {
        await using SimulatorFixture simulator = await StartAsync("endless");
        HttpResponseMessage response = await simulator.PostAsync(anthropic, more);
        Stream stream = await response.Content.ReadAsStreamAsync();

        var text = new StringBuilder();
        byte[] buffer = new byte[8192];
        while (CountOf(text.ToString(), drip) < 20)
        {
            simulator.Time.Advance(TimeSpan.FromMilliseconds(100));
            int count = await stream.ReadAsync(buffer);
            Assert.NotEqual(0, count);
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        response.Dispose();
        while (simulator.Server.Counts.InFlight > 0)
        {
            simulator.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.Equal(1, simulator.Server.Counts.Abandoned);
    }

    [Fact]
    public async Task An_endless_body_ends_when_the_server_stops()
    {
        await using SimulatorFixture simulator = await StartAsync("endless");
        using HttpResponseMessage response = await simulator.PostAsync(anthropic: false);
        Task<byte[]> reading = response.Content.ReadAsByteArrayAsync();

        await simulator.Server.StopAsync().WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);

        await Assert.ThrowsAnyAsync<Exception>(() => reading);
        Assert.Equal(0, simulator.Server.Counts.InFlight);
        Assert.Equal(0, simulator.Server.Counts.Abandoned);
    }

    [Fact]
    public async Task The_same_requests_fail_in_the_same_way_in_any_order_and_on_any_server()
    {
        string[] bodies = [.. Enumerable.Range(0, 200).Select(request => SimulatorFixture.Chat($"request {request}"))];

        Dictionary<(ulong, int), FaultKind?> forwards = await RunAsync(bodies);
        Dictionary<(ulong, int), FaultKind?> backwards = await RunAsync([.. bodies.Reverse()]);

        Assert.Equal(600, forwards.Count);
        Assert.Equal(forwards.OrderBy(static entry => entry.Key), backwards.OrderBy(static entry => entry.Key));
        Assert.InRange(forwards.Values.Count(static fault => fault is not null), 200, 280);
    }

    private static async Task<Dictionary<(ulong Fingerprint, int Attempt), FaultKind?>> RunAsync(string[] bodies)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(
            new SimulatorOptions { Seed = 11, Faults = FaultRates.Parse("429=0.2,500=0.1,html=0.1") });
        for (int attempt = 0; attempt < 3; attempt++)
        {
            await Task.WhenAll(bodies.Select(async body =>
            {
                using HttpResponseMessage response = await simulator.ChatAsync(body);
                await response.Content.ReadAsByteArrayAsync();
            }));
        }

        return simulator.Server.History.Snapshot().ToDictionary(static arrival => (arrival.Fingerprint, arrival.Attempt), static arrival => arrival.Fault);
    }

    private static int CountOf(string text, string part) => text.Split(part).Length - 1;

    private static Task<SimulatorFixture> StartAsync(string fault) =>
        SimulatorFixture.StartAsync(new SimulatorOptions { Faults = FaultRates.Parse(fault + "=1") });
}
