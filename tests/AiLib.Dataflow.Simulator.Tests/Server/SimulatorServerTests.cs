using System.Net;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Server;

public sealed class SimulatorServerTests
{
    [Fact]
    public async Task It_listens_on_loopback_only_and_says_where()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        Assert.Equal("127.0.0.1", simulator.Server.BaseAddress.Host);
        Assert.Equal("/v1", simulator.Server.BaseAddress.AbsolutePath);
        Assert.NotEqual(0, simulator.Server.BaseAddress.Port);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_an_io_exception()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();
        var options = new SimulatorOptions { Port = simulator.Server.BaseAddress.Port };

        await Assert.ThrowsAsync<IOException>(() => SimulatorServer.StartAsync(options));
    }

    [Fact]
    public async Task Stopping_twice_is_stopping_once_and_frees_the_port()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();
        int port = simulator.Server.BaseAddress.Port;

        await Task.WhenAll(simulator.Server.StopAsync(), simulator.Server.StopAsync());
        await simulator.Server.DisposeAsync();

        await using SimulatorServer next = await SimulatorServer.StartAsync(new SimulatorOptions { Port = port });
        Assert.Equal(port, next.BaseAddress.Port);
    }

    [Fact]
    public async Task Options_are_copied_at_the_start()
    {
        var options = new SimulatorOptions();
        await using SimulatorServer server = await SimulatorServer.StartAsync(options);
        using var client = new HttpClient();

        options.Faults = FaultRates.Parse("500=1");
        using var body = new StringContent(SimulatorFixture.Chat());
        using HttpResponseMessage response = await client.PostAsync(new Uri(server.BaseAddress + "/chat/completions"), body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Limits_can_change_while_it_runs()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();
        using HttpResponseMessage before = await simulator.ChatAsync(SimulatorFixture.Chat());

        simulator.Server.Update(static options => options.RequestsPerMinute = 1);
        using HttpResponseMessage first = await simulator.ChatAsync(SimulatorFixture.Chat());
        using HttpResponseMessage second = await simulator.ChatAsync(SimulatorFixture.Chat());

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], [before.StatusCode, first.StatusCode, second.StatusCode]);
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_waits_is_counted_as_abandoned()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { TimeToFirstToken = TimeSpan.FromHours(1) });
        using var cancellation = new CancellationTokenSource();
        using var body = new StringContent(SimulatorFixture.Chat());
        Task<HttpResponseMessage> sending = simulator.Client.PostAsync(
            new Uri(simulator.Server.BaseAddress + "/chat/completions"), body, cancellation.Token);
        await WaitForAsync(() => simulator.Server.Counts.InFlight == 1);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        await WaitForAsync(() => simulator.Server.Counts.InFlight == 0);
        Assert.Equal(1, simulator.Server.Counts.Abandoned);
    }

    [Fact]
    public async Task Request_ids_differ_between_attempts_and_are_the_same_on_another_server()
    {
        var ids = new List<string?>();
        for (int server = 0; server < 2; server++)
        {
            await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();
            for (int attempt = 0; attempt < 2; attempt++)
            {
                using HttpResponseMessage response = await simulator.ChatAsync(SimulatorFixture.Chat());
                ids.Add(response.Header("x-request-id"));
            }
        }

        Assert.NotEqual(ids[0], ids[1], StringComparer.Ordinal);
        Assert.Equal(ids[..2], ids[2..], StringComparer.Ordinal);
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        // A real socket decides when; ten seconds is far beyond what it needs.
        for (int turn = 0; turn < 2000 && !condition(); turn++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        Assert.True(condition());
    }
}
