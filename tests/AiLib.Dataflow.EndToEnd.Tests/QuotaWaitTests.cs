using System.Text;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.EndToEnd.Tests;

/// <summary>A quota of a day that is used up, and the tool that was told to wait for it.</summary>
public sealed class QuotaWaitTests
{
    private const int Requests = 60;
    private const int PerDay = 20;

    // Of what is in flight nothing is left while the run waits: a stop that takes as long as that waits for something else.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Interrupted_while_it_waits_it_ends_at_once_and_the_same_command_finishes_when_there_is_quota()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGINT for another process.");
        using Workspace workspace = Workspace.With(Requests);
        await using SimulatorServer simulator = await SimulatorServer.StartAsync(new SimulatorOptions { RequestsPerDay = PerDay });
        string[] run = Run(simulator);

        using Ailib tool = Ailib.Start(workspace.Path, run);
        await tool.UntilItSaysAsync(" parked until ");
        long refused = simulator.Counts.RateLimited;
        tool.Interrupt();
        Ended interrupted = await tool.EndAsync(AtOnce);
        string[] written = Workspace.Ids(workspace.Results);
        long refusedInAll = simulator.Counts.RateLimited;
        simulator.Update(static options => options.RequestsPerDay = null);
        Ended finished = await Ailib.RunAsync(workspace.Path, run);

        Assert.Equal((130, 0), (interrupted.ExitCode, finished.ExitCode));
        Assert.Matches(@"(?m)^\d+:\d\d:\d\d  20 answered, 0 failed, 0 in flight, .*, \d+ parked until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", interrupted.Error);
        Assert.Matches(@"(?m)^\d+ requests wait for a quota; nothing is written for them yet\.$", interrupted.Error);
        Assert.Contains("The same command continues.", interrupted.Error, StringComparison.Ordinal);
        Assert.Equal(refused, refusedInAll);
        Assert.Equal(PerDay, written.Length);
        AssertEachOnce(workspace, simulator);
    }

    [Fact]
    public async Task Killed_while_it_waits_it_loses_nothing_and_buys_nothing_twice()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Files of a killed process stay locked for a while there.");
        using Workspace workspace = Workspace.With(Requests);
        await using SimulatorServer simulator = await SimulatorServer.StartAsync(new SimulatorOptions { RequestsPerDay = PerDay });
        string[] run = Run(simulator);

        using Ailib tool = Ailib.Start(workspace.Path, run);
        await tool.UntilItSaysAsync(" parked until ");
        await tool.KillAsync();
        string[] written = Workspace.Ids(workspace.Results);
        simulator.Update(static options => options.RequestsPerDay = null);
        Ended finished = await Ailib.RunAsync(workspace.Path, run);

        Assert.Equal(0, finished.ExitCode);
        Assert.Contains("40 answered, 0 failed, 20 already done", finished.Error, StringComparison.Ordinal);
        Assert.Equal(PerDay, written.Length);
        AssertEachOnce(workspace, simulator);
    }

    [Fact]
    public async Task When_the_wait_is_over_it_goes_on_by_itself_as_often_as_it_takes()
    {
        // Fifty tokens a second, of which one request takes about half: a quota of the day that is back in a moment.
        using Workspace workspace = Workspace.With(12);
        await using SimulatorServer simulator = await SimulatorServer.StartAsync(new SimulatorOptions { TokensPerDay = 50 * 86_400 });
        await UseUpAsync(simulator, tokens: (50 * 86_400) - 100);

        Ended ended = await Ailib.RunAsync(
            workspace.Path, "run", "in.jsonl", "--base-url", simulator.BaseAddress.ToString(), "--max-inflight", "4", "--json", "--wait-for-quota", "1m");

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("\"failed\":0,", ended.Output, StringComparison.Ordinal);
        Assert.Contains("\"parked\":0,", ended.Output, StringComparison.Ordinal);
        Assert.Equal(Workspace.Names(12), Workspace.Ids(workspace.Results));
        Assert.False(File.Exists(workspace.Errors));
        Assert.Equal(1 + 12, simulator.Counts.Served);

        // Or there was nothing to wait for.
        Assert.InRange(simulator.Counts.RateLimited, 2, 500);
    }

    private static string[] Run(SimulatorServer simulator) =>
        ["run", "in.jsonl", "--base-url", simulator.BaseAddress.ToString(), "--max-inflight", "10", "--wait-for-quota", "2h"];

    private static void AssertEachOnce(Workspace workspace, SimulatorServer simulator)
    {
        Assert.Equal(Workspace.Names(Requests), Workspace.Ids(workspace.Results));
        Assert.False(File.Exists(workspace.Errors));
        Assert.Equal(Requests, simulator.Counts.Served);
    }

    /// <summary>One request that may take so many tokens is counted with all of them.</summary>
    private static async Task UseUpAsync(SimulatorServer simulator, long tokens)
    {
        using HttpClient client = new();
        using StringContent body = new($$"""{"model":"m","max_tokens":{{tokens}},"messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await client.PostAsync(new Uri(simulator.BaseAddress + "/chat/completions"), body);
        Assert.True(answer.IsSuccessStatusCode);
    }
}
