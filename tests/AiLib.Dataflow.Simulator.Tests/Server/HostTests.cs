using System.Net;
using System.Text.Json;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Server;

/// <summary>Who may ask: programs that name this machine, and no page whose name leads to it.</summary>
public sealed class HostTests
{
    [Theory]
    [InlineData("evil.example:{0}")]
    [InlineData("127.0.0.1.evil.example:{0}")]
    [InlineData("localhost.evil.example:{0}")]
    [InlineData("localhost.:{0}")]
    [InlineData("127.0.0.2:{0}")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1")]
    public async Task Another_host_gets_421_whatever_it_asks_for_and_leaves_no_trace(string host)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();
        string name = With(host, simulator);

        using HttpResponseMessage state = await AskAsync(simulator, HttpMethod.Get, "/_simulator/state", name);
        using HttpResponseMessage chat = await AskAsync(simulator, HttpMethod.Post, "/v1/chat/completions", name);
        using HttpResponseMessage reset = await AskAsync(simulator, HttpMethod.Post, "/_simulator/reset", name);

        Assert.All(new[] { state, chat, reset }, static response => Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode));
        Assert.Contains("Host must be 127.0.0.1", (await state.JsonAsync()).GetProperty("error").Text("message"), StringComparison.Ordinal);
        Assert.Equal(0, simulator.Server.Counts.Arrived);
    }

    [Theory]
    [InlineData("127.0.0.1:{0}")]
    [InlineData("localhost:{0}")]
    [InlineData("LocalHost:{0}")]
    [InlineData("[::1]:{0}")]
    public async Task This_machine_by_any_of_its_names_is_answered(string host)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await AskAsync(simulator, HttpMethod.Get, "/_simulator/state", With(host, simulator));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(JsonValueKind.Object, (await response.JsonAsync()).GetProperty("counts").ValueKind);
    }

    private static string With(string host, SimulatorFixture simulator) => host.Replace("{0}", $"{simulator.Server.BaseAddress.Port}", StringComparison.Ordinal);

    private static Task<HttpResponseMessage> AskAsync(SimulatorFixture simulator, HttpMethod method, string path, string host) =>
        simulator.SendAsync(method, path, method == HttpMethod.Post ? SimulatorFixture.Chat() : null, ("Host", host));
}
