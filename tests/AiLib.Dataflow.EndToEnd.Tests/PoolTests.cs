using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.EndToEnd.Tests;

public sealed class PoolTests
{
    private static readonly (string, string)[] Keys = [("WRONG", "wrong-key-1234"), ("RIGHT", "right-key-1234")];

    [Fact]
    public async Task A_refused_key_is_said_and_the_others_finish_the_job()
    {
        using Workspace workspace = Workspace.With(200);
        await using SimulatorServer simulator = await SimulatorServer.StartAsync(new SimulatorOptions { ApiKey = "right-key-1234" });

        using Ailib tool = Ailib.Start(
            workspace.Path, Keys, "run", "in.jsonl", "--base-url", simulator.BaseAddress.ToString(), "--api-key-env", "WRONG", "--api-key-env", "RIGHT");
        Ended ended = await tool.EndAsync();

        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(Workspace.Names(200), Workspace.Ids(workspace.Results));
        Assert.Contains("compatible#WRONG is not used any more in this run", ended.Error, StringComparison.Ordinal);
        Assert.Contains("Keys left: 1", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("-key-1234", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pool_without_a_right_key_stops_like_one_wrong_key()
    {
        using Workspace workspace = Workspace.With(50);
        await using SimulatorServer simulator = await SimulatorServer.StartAsync(new SimulatorOptions { ApiKey = "another-key" });

        using Ailib tool = Ailib.Start(
            workspace.Path, Keys, "run", "in.jsonl", "--base-url", simulator.BaseAddress.ToString(), "--api-key-env", "WRONG", "--api-key-env", "RIGHT");
        Ended ended = await tool.EndAsync();

        Assert.Equal(3, ended.ExitCode);
        Assert.Contains("Stopped early", ended.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(workspace.Errors));
    }

    [Fact]
    public async Task A_key_given_twice_and_a_pool_of_one_are_said()
    {
        using Workspace workspace = Workspace.With(1);

        using Ailib twice = Ailib.Start(workspace.Path, Keys, "run", "in.jsonl", "--target", "groq", "--api-key-env", "RIGHT", "--api-key-env", "RIGHT");
        Ended first = await twice.EndAsync();
        using Ailib one = Ailib.Start(workspace.Path, Keys, "run", "in.jsonl", "--target", "groq", "--api-key-env", "RIGHT", "--pool-rpm", "60");
        Ended second = await one.EndAsync();

        Assert.Equal((2, 2), (first.ExitCode, second.ExitCode));
        Assert.Contains("--api-key-env RIGHT is given twice", first.Error, StringComparison.Ordinal);
        Assert.Contains("repeat --api-key-env", second.Error, StringComparison.Ordinal);
    }
}
