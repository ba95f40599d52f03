using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.EndToEnd.Tests.Config;

/// <summary>Each target of a file has an address, keys and limits of its own, and its place in the order.</summary>
public sealed class ConfiguredRunTests
{
    [Fact]
    public async Task Keys_address_and_limits_are_those_of_their_target()
    {
        using Workspace workspace = Workspace.With(40);
        await using SimulatorServer server = await SimulatorServer.StartAsync(
            new SimulatorOptions { ApiKey = "right-key-1234", TimeToFirstToken = TimeSpan.FromMilliseconds(20) });
        await File.WriteAllTextAsync(workspace["ailib.json"], $$"""
            { "targets": [
                { "name": "first", "provider": "compatible", "base_url": "{{server.BaseAddress}}", "api_key_env": ["WRONG", "RIGHT"], "limits": { "max_inflight": 1 } },
                { "name": "last", "provider": "simulator" } ] }
            """);

        using Ailib tool = Ailib.Start(workspace.Path, [("WRONG", "wrong-key-1234"), ("RIGHT", "right-key-1234")], "run", "in.jsonl");
        Ended ended = await tool.EndAsync();

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("first#WRONG is not used any more in this run", ended.Error, StringComparison.Ordinal);
        Assert.Equal(Workspace.Names(40), Workspace.Ids(workspace.Results));

        // One with each key; without a limit all 40 would have been there at once. What has been answered may still be on its way out.
        Assert.InRange(server.Counts.MostInFlight, 1, 4);
        Assert.True(server.Counts.Served > 30);
    }

    [Fact]
    public async Task A_request_goes_to_the_next_target_of_the_fallback_order()
    {
        using Workspace workspace = Workspace.With(5);
        await File.WriteAllTextAsync(workspace["ailib.json"], """
            { "targets": [
                { "name": "unused", "provider": "openai" },
                { "name": "live", "provider": "simulator" },
                { "name": "dead", "provider": "vllm", "base_url": "http://127.0.0.1:1/v1" } ],
              "fallback": ["dead", "live"],
              "defaults": { "max_retries": 0 } }
            """);

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl");

        Assert.Equal(0, ended.ExitCode);
        string[] lines = await File.ReadAllLinesAsync(workspace.Results);
        Assert.All(lines, line => Assert.Contains("\"target\":\"live\"", line, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.Contains("\"attempts\":2", line, StringComparison.Ordinal));
        Assert.Equal(Workspace.Names(5), Workspace.Ids(workspace.Results));
    }
}
