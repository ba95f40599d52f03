using System.Globalization;
using System.Text.Json;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.EndToEnd.Tests;

/// <summary>Whatever ends or stops the process: the files are valid at that moment, and the same command completes the job.</summary>
public sealed class KillTests
{
    private const int KillsOfLayerA = 200;
    private const int Requests = 300;
    private const int JobsAtOnce = 3;

    // A third of what they all come to.
    private const int MostBytes = 60_000;

    [Fact]
    public async Task Killed_at_any_moment_the_files_are_valid_and_in_the_end_each_request_has_one_line()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Files of a killed process stay locked for a while there.");
        int wanted = int.TryParse(Environment.GetEnvironmentVariable("AILIB_KILLS"), CultureInfo.InvariantCulture, out int asked) ? asked : KillsOfLayerA;
        await using SimulatorServer simulator = await SimulatorServer.StartAsync(
            new SimulatorOptions { Seed = 5, Faults = FaultRates.Parse("429=0.05,500=0.05"), TimeToFirstToken = TimeSpan.FromMilliseconds(10) });
        Kills kills = new(wanted);

        // Several jobs at a time: most of a kill is waiting for its moment.
        await Task.WhenAll(Enumerable.Range(20, JobsAtOnce).Select(seed => KillAsync(new Random(seed), simulator.BaseAddress.ToString(), kills)));

        // It bites only if the process was at work when it was killed.
        Assert.True(kills.InTheMiddle * 10 > kills.All, $"{kills.InTheMiddle} of {kills.All} kills hit a job at work; {kills.Completed} jobs were completed.");
    }

    [Fact]
    public async Task A_closed_terminal_stops_it_as_Ctrl_C_does_and_the_same_command_continues()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such signals.");
        Assert.SkipWhen(Ailib.IsHangUpIgnored, "Whoever started the tests, such as nohup, has it ignored, and the tool leaves it so.");
        using Workspace workspace = Workspace.With(Requests);
        await using HeldProvider provider = await HeldProvider.StartAsync();
        string[] run = ["run", "in.jsonl", "--base-url", provider.Address, "--max-inflight", "10"];

        using Ailib tool = Ailib.Start(workspace.Path, run);
        await provider.AnswerAsync(tool, served: 50, inFlight: 10);
        tool.HangUp();
        await tool.UntilItSaysAsync("Stopping: ");
        Ended ended = await provider.AnswerAsync(tool.EndAsync());
        int written = Workspace.Ids(workspace.Results).Length;
        long served = provider.Served;
        Ended finished = await provider.AnswerAsync(Ailib.RunAsync(workspace.Path, run));

        Assert.Equal((130, 0), (ended.ExitCode, finished.ExitCode));
        Assert.Equal(served, written);
        Assert.InRange(written, 50, Requests - 1);
        Assert.Equal(Workspace.Names(Requests), Workspace.Ids(workspace.Results));
    }

    [Fact]
    public async Task Suspended_and_continued_it_loses_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such signals.");
        using Workspace workspace = Workspace.With(Requests);

        using Ailib tool = Ailib.Start(workspace.Path, "run", "in.jsonl", "--target", "simulator", "--latency", "20ms", "--max-inflight", "10");
        await tool.UntilLongerAsync(workspace.Results, 10_000);
        tool.Suspend();
        using PeriodicTimer pause = new(TimeSpan.FromSeconds(1), TimeProvider.System);
        await pause.WaitForNextTickAsync();
        long length = new FileInfo(workspace.Results).Length;
        await pause.WaitForNextTickAsync();
        Assert.Equal(length, new FileInfo(workspace.Results).Length);
        tool.Continue();
        Ended ended = await tool.EndAsync();

        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(Workspace.Names(Requests), Workspace.Ids(workspace.Results));
    }

    [Fact]
    public async Task On_a_full_disk_it_says_so_and_the_same_command_continues_when_there_is_room()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It takes a file system of its own.");
        using Workspace workspace = Workspace.With(Requests);
        const string Script = """
            unshare -Urm true 2>/dev/null || exit 77
            exec unshare -Urm sh -c '
                mkdir small && mount -t tmpfs -o size=64k small small || exit 77
                run="dotnet '"$TOOL"' run in.jsonl -o small/r.jsonl --errors small/e.jsonl --target simulator"
                $run; echo $? > code
                mount -o remount,size=8m small && $run; echo $? >> code
                cp small/r.jsonl in.results.jsonl'
            """;
        string tool = Path.Combine(AppContext.BaseDirectory, "ailib.dll");

        Ended ended = await Ailib.RunInShellAsync(workspace.Path, $"TOOL='{tool}'; {Script}");

        Assert.SkipWhen(ended.ExitCode == 77, "File systems cannot be mounted here.");
        Assert.Contains("No space left on device", ended.Error, StringComparison.Ordinal);
        Assert.Equal("3\n0\n", await File.ReadAllTextAsync(workspace["code"]));
        Assert.Equal(Workspace.Names(Requests), Workspace.Ids(workspace.Results));
    }

    /// <summary>Runs one job after the other, killed until it gets through, for as long as kills are wanted.</summary>
    private static async Task KillAsync(Random random, string address, Kills kills)
    {
        while (kills.AreWanted)
        {
            using Workspace workspace = Workspace.With(Requests);
            await File.AppendAllTextAsync(workspace.Input, "nonsense\n");
            string[] run = ["run", "in.jsonl", "--base-url", address, "--max-inflight", "10"];
            bool ended = false;
            for (int attempt = 0; !ended; attempt++)
            {
                using Ailib tool = Ailib.Start(workspace.Path, run);

                // At any time, from before it has opened a file to behind its last line, on a slow machine as well: a process that always has too little time ends no job.
                // And when it has written some more, or how many kills hit a job at work would be a matter of how fast the machine starts it.
                long length = File.Exists(workspace.Results) ? new FileInfo(workspace.Results).Length : 0;
                ended = !await (random.Next(2) == 0
                    ? tool.KillAfterAsync(TimeSpan.FromMilliseconds(random.Next(20, 600 + (50 * attempt))))
                    : tool.KillWhenLongerAsync(workspace.Results, length + random.Next(1, MostBytes)));
                if (!ended)
                {
                    kills.Count(WholeLines(workspace.Results) is > 0 and < Requests);
                }
            }

            Assert.Equal(Workspace.Names(Requests), Workspace.Ids(workspace.Results));
            Assert.Equal(1, WholeLines(workspace.Errors));
            kills.CountCompleted();
        }
    }

    /// <summary>The lines of a file that end in a line feed, each of them whole JSON.</summary>
    private static int WholeLines(string path)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(stream);
        string text = reader.ReadToEnd();
        string[] lines = text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => JsonDocument.Parse(line).Dispose());
        return lines.Length;
    }

    /// <summary>How many kills there were. Any thread.</summary>
    private sealed class Kills(int wanted)
    {
        private int _all;
        private int _inTheMiddle;
        private int _completed;

        public int All => Volatile.Read(ref _all);

        public int InTheMiddle => Volatile.Read(ref _inTheMiddle);

        public int Completed => Volatile.Read(ref _completed);

        public bool AreWanted => All < wanted;

        public void Count(bool isInTheMiddle)
        {
            Interlocked.Increment(ref _all);
            Interlocked.Add(ref _inTheMiddle, isInTheMiddle ? 1 : 0);
        }

        public void CountCompleted() => Interlocked.Increment(ref _completed);
    }
}
