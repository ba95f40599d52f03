using AiLib.Dataflow.Cli.Recording;

namespace AiLib.Dataflow.EndToEnd.Tests.Recording;

public sealed class RunRecordFileTests
{
    [Fact]
    public async Task What_is_written_is_read_and_runs_before_the_last_keep_their_totals_only()
    {
        using Workspace workspace = Workspace.With(1);
        RunRecordFile file = new(workspace.Results);
        RunRecord first = Samples.Run(points: 5) with { Answered = 7 };
        RunRecord second = Samples.Run(points: 480) with { Answered = 9 };

        file.Write([], first);
        file.Write(await file.ReadAsync(CancellationToken.None), second);
        IReadOnlyList<RunRecord> read = await file.ReadAsync(CancellationToken.None);

        Assert.Equal([7L, 9L], read.Select(run => run.Answered));
        Assert.Empty(read[0].Points);
        Assert.Equal(second.Points, read[1].Points);
        Assert.Equal(second.Settings, read[1].Settings);
        Assert.Equal((second.Stages, second.Elapsed, second.Targets[0].Latency), (read[1].Stages, read[1].Elapsed, read[1].Targets[0].Latency));
        Assert.Equal(
            second with { Settings = read[1].Settings, Targets = read[1].Targets, Points = read[1].Points },
            read[1]);
        Assert.Equal(second.Targets[0].Outcomes["throttled"], read[1].Targets[0].Outcomes["throttled"]);
        Assert.InRange(new FileInfo(file.Path).Length, 1, 80_000);
        Assert.False(File.Exists(file.Path + ".new"));
    }

    [Fact]
    public async Task Of_very_many_runs_the_last_ones_are_kept()
    {
        using Workspace workspace = Workspace.With(1);
        RunRecordFile file = new(workspace.Results);
        for (int run = 1; run <= 120; run++)
        {
            file.Write(await file.ReadAsync(CancellationToken.None), Samples.Run(points: 400) with { Answered = run });
        }

        IReadOnlyList<RunRecord> read = await file.ReadAsync(CancellationToken.None);

        Assert.Equal(Enumerable.Range(71, 50).Select(run => (long)run), read.Select(run => run.Answered));
        Assert.InRange(new FileInfo(file.Path).Length, 1, 200_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"format":2,"runs":[]}""")]
    [InlineData("""{"format":1,"runs":[null]}""")]
    [InlineData("""{"format":1,"runs":[{"began":"2026-01-01T00:00:00Z"}]}""")]
    [InlineData("""{"format":1,"runs":[{"began":"2026-01-01T00:00:00Z","seconds":1,"end":"completed","input":"a","results":"b","errors":"c","points":{"end_seconds":"x"}}]}""")]
    [InlineData("""{"format":1,"runs":[{"began":"2026-01-01T00:00:00Z","seconds":1,"end":"completed","input":"a","results":"b","errors":"c","settings":null}]}""")]
    public async Task A_file_that_is_none_of_ours_is_said_and_not_believed(string contents)
    {
        using Workspace workspace = Workspace.With(1);
        RunRecordFile file = new(workspace.Results);
        await File.WriteAllTextAsync(file.Path, contents);

        InvalidDataException wrong = await Assert.ThrowsAsync<InvalidDataException>(() => file.ReadAsync(CancellationToken.None));

        Assert.Contains(file.Path, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_is_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using Workspace workspace = Workspace.With(1);
        RunRecordFile file = new(workspace.Results);
        File.CreateSymbolicLink(file.Path, workspace.Input);
        string before = File.ReadAllText(workspace.Input);

        Assert.Throws<IOException>(() => file.Write([], Samples.Run(points: 1)));
        Assert.Equal(before, File.ReadAllText(workspace.Input));
    }
}
