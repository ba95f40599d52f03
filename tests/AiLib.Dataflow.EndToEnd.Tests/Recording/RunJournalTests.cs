using System.Text.Json;
using AiLib.Dataflow.Cli.Recording;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.EndToEnd.Tests.Recording;

public sealed class RunJournalTests
{
    [Fact]
    public async Task What_bound_a_run_and_what_it_cost_is_said_at_its_end_and_stands_in_its_record()
    {
        using Workspace workspace = Workspace.With(100);
        string[] command = ["run", "in.jsonl", "--target", "simulator", "--price", "100/200", "--rps", "25", "--json"];

        await Ailib.RunAsync(workspace.Path, [.. command, "--max-calls", "20"]);
        Ended ended = await Ailib.RunAsync(workspace.Path, command);

        IReadOnlyList<RunRecord> runs = await new RunRecordFile(workspace.Results).ReadAsync(CancellationToken.None);
        RunRecord run = runs[1];
        Assert.Equal(0, ended.ExitCode);
        Assert.Matches("of the time went to waiting for request credits of simulator \\([0-9]+ %\\): raise --rps\\.", ended.Error);
        Assert.Matches("\"time_shares\":\\{\"none\":0[^}]*\"request_credits\":[01]", ended.Output);
        Assert.Equal(Constraint.RequestCredits, run.Constraints.Binding);
        Assert.InRange(run.Constraints.Share(Constraint.RequestCredits), 0.5, 1);
        Assert.InRange(run.Constraints.Total.TotalSeconds / run.Seconds, 0.8, 1.2);
        Assert.Equal(Constraint.RequestCredits, run.Targets[0].Constraints.Binding);
        Assert.Equal(run.Constraints.Total.TotalSeconds, run.Points.Sum(point => point.Constraints.Total.TotalSeconds), 1);
        Assert.Equal(runs[0].Spend!.Usd, run.Spend!.BeforeUsd);
        Assert.Equal((run.Spend.TotalUsd, run.Spend.TotalUsd), (run.Spend.ProjectedUsd, runs.Sum(one => one.Spend!.Usd)));
        Assert.True(runs[0].Spend!.ProjectedUsd > 2 * runs[0].Spend!.Usd);
        Assert.Equal((double)run.Spend.Usd, run.Points.Sum(point => point.CostUsd), 6);
    }

    [Fact]
    public async Task A_run_leaves_a_record_and_a_finished_job_run_again_changes_no_byte_of_it()
    {
        using Workspace workspace = Workspace.With(60);
        string[] command = ["run", "in.jsonl", "--target", "simulator", "--faults", "429=0.2", "--seed", "3", "--latency", "20ms"];

        Ended first = await Ailib.RunAsync(workspace.Path, command);
        byte[] before = await File.ReadAllBytesAsync(workspace.Results + ".runs");
        Ended second = await Ailib.RunAsync(workspace.Path, command);

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Equal(before, await File.ReadAllBytesAsync(workspace.Results + ".runs"));
        RunRecord run = Assert.Single(await new RunRecordFile(workspace.Results).ReadAsync(CancellationToken.None));
        Assert.Equal(("completed", 60L, 0L), (run.End, run.Answered, run.Failed));
        Assert.True(run.Retries > 0);
        Assert.Equal(run.Attempts, run.Points.Sum(point => point.Attempts));
        Assert.Equal(60, run.Points.Sum(point => point.Answered));
        Assert.Equal(run.Retries, run.Targets.Sum(target => target.Outcomes["throttled"]));
        Assert.Equal(run.OutputTokens, run.Points.Sum(point => point.OutputTokens));
        Assert.True(run.OutputTokens > 0);
        Assert.Contains(run.Points, point => point.P99 >= 20);
        Assert.True(run.Stages.InFlight > 0);
    }

    [Fact]
    public async Task Each_run_of_a_job_is_one_entry_and_no_key_is_in_it()
    {
        using Workspace workspace = Workspace.With(40);
        const string Key = "canary-key-0123456789abcdef";
        await using AiLib.Dataflow.Simulator.SimulatorServer simulator = await AiLib.Dataflow.Simulator.SimulatorServer.StartAsync(
            new AiLib.Dataflow.Simulator.SimulatorOptions { ApiKey = Key });
        foreach (string calls in (string[])["15", "1000"])
        {
            using Ailib tool = Ailib.Start(
                workspace.Path, [("THE_KEY", Key)], "run", "in.jsonl", "--base-url", simulator.BaseAddress.ToString(), "--api-key-env", "THE_KEY", "--max-calls", calls);
            await tool.EndAsync();
        }

        IReadOnlyList<RunRecord> runs = await new RunRecordFile(workspace.Results).ReadAsync(CancellationToken.None);

        Assert.Equal("stopped_early, completed", string.Join(", ", runs.Select(run => run.End)));
        Assert.Equal(40, runs.Sum(run => run.Answered));
        string text = await File.ReadAllTextAsync(workspace.Results + ".runs");
        Assert.DoesNotContain(Key, text, StringComparison.Ordinal);
        Assert.Contains("THE_KEY", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_is_damaged_is_said_and_left_and_the_job_goes_on()
    {
        using Workspace workspace = Workspace.With(3);
        await File.WriteAllTextAsync(workspace.Results + ".runs", "somebody's");

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator");

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("in.results.jsonl.runs' is damaged", ended.Error, StringComparison.Ordinal);
        Assert.Equal("somebody's", await File.ReadAllTextAsync(workspace.Results + ".runs"));
    }

    [Fact]
    public async Task Results_to_standard_output_leave_no_record()
    {
        using Workspace workspace = Workspace.With(3);

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator", "-o", "-");

        Assert.Equal(3, ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => JsonDocument.Parse(line) is not null));
        Assert.Empty(Directory.GetFiles(workspace.Path, "*.runs*"));
    }
}
