using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AiLib.Dataflow.EndToEnd.Tests;

/// <summary>The real tool on the real kernel, of which one call fails: the first, then the second, until no such call is made any more; and each from which on all fail.</summary>
/// <remarks>Minutes, so only when asked for: see docs/testing.md. The same on a file system of the test's own runs always (PowerCutTests).</remarks>
public sealed class FaultyCallTests
{
    private const string Variable = "AILIB_FAULTY_CALLS";
    private const string Compiler = "/usr/bin/cc";
    private const string Short = "SHORT";
    private const int Requests = 40;
    private const int Earlier = 15;
    private const int MostCalls = 60;

    // Linux on x86-64.
    private static readonly (string Name, int Number)[] Calls =
    [
        ("openat", 257), ("flock", 73), ("lseek", 8), ("pread64", 17), ("pwrite64", 18), ("ftruncate", 77), ("fsync", 74), ("rename", 82), ("close", 3),
    ];

    // What each is to the kernel, and to a user.
    private static readonly Dictionary<string, (int Number, string Words)> Kinds = new(StringComparer.Ordinal)
    {
        ["EIO"] = (5, "Input/output error"),
        ["ENOSPC"] = (28, "No space left on device"),
        ["EDQUOT"] = (122, "Disk quota exceeded"),
        ["EINTR"] = (4, "Interrupted system call"),
        [Short] = (0, ""),
    };

    /// <summary>All of them, or those that the variable names, so that a run can be cut into slices.</summary>
    public static TheoryData<string, bool, bool> Errors
    {
        get
        {
            string named = Environment.GetEnvironmentVariable(Variable) ?? "";
            TheoryData<string, bool, bool> errors = [];
            foreach (string error in named is "" or "1" ? [.. Kinds.Keys] : named.Split(','))
            {
                // What is cured by another try ends no run, and for good it is no error of this world.
                foreach (bool forGood in error is "EINTR" or Short ? [false] : new[] { false, true })
                {
                    errors.Add(error, forGood, false);
                    errors.Add(error, forGood, true);
                }
            }

            return errors;
        }
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Whichever_call_fails_nothing_is_lost_and_the_same_command_continues(string error, bool forGood, bool isContinued)
    {
        SkipUnlessAskedFor();
        using Workspace tools = new();
        string injector = await CompileAsync(tools);
        Dictionary<string, int> met = new(StringComparer.Ordinal);
        foreach ((string name, int call) in Calls.Where(call => error != Short || call.Name == "pwrite64"))
        {
            for (int number = 1; ; number++)
            {
                using Workspace workspace = await PrepareAsync(isContinued);
                string which = string.Create(CultureInfo.InvariantCulture, $"{name} {number} {error}");
                string paths = $"{workspace.Path} '{workspace["r.jsonl"]}*'";
                string last = forGood ? "1000000" : number.ToString(CultureInfo.InvariantCulture);
                Failed failed = await FailAsync(workspace, string.Create(CultureInfo.InvariantCulture, $"{injector} {call} {Kinds[error].Number} {number} {last} report {paths}"));
                if (failed.Path is null)
                {
                    Assert.Equal(0, failed.Run.ExitCode);
                    met[name] = number - 1;
                    break;
                }

                which += $" on {Path.GetFileName(failed.Path)}";
                AssertSaid(which, name, error, failed.Run);
                await AssertContinuesAsync(workspace, which, failed.Run, isContinued ? Earlier : 0);
                Assert.InRange(number, 0, MostCalls);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", met.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value}"))));

        // The job file, answers and the record of the run; how often is a matter of when answers come.
        Assert.InRange(met["pwrite64"], 3, MostCalls);
        Assert.InRange(met.Values.Sum(), error == Short ? 3 : 35, int.MaxValue);
    }

    [Theory]
    [InlineData("EIO")]
    [InlineData("ENOSPC")]
    [InlineData("EDQUOT")]
    public async Task Results_that_are_not_on_the_disk_are_noticed(string error)
    {
        SkipUnlessAskedFor();
        using Workspace tools = new();
        string injector = await CompileAsync(tools);
        int number = 1;
        while (true)
        {
            using Workspace workspace = await PrepareAsync(isContinued: false);
            Failed failed = await FailAsync(
                workspace, string.Create(CultureInfo.InvariantCulture, $"{injector} {Calls.Single(call => call.Name == "fsync").Number} {Kinds[error].Number} {number} {number} report {workspace["r.jsonl"]}"));
            if (failed.Path is null)
            {
                break;
            }

            string which = string.Create(CultureInfo.InvariantCulture, $"fsync {number} {error}");
            Assert.True(failed.Run.ExitCode is 2 or 3, $"{which}: exit code {failed.Run.ExitCode}, {failed.Run.Error}");
            Assert.Contains("forced to the disk", failed.Run.Error, StringComparison.Ordinal);
            await AssertContinuesAsync(workspace, which, failed.Run, earlier: 0);
            Assert.InRange(++number, 0, MostCalls);
        }

        // The first is that of the empty file.
        Assert.InRange(number, 3, MostCalls);
    }

    private static void AssertSaid(string which, string call, string error, Ended run)
    {
        Assert.True(run.ExitCode is 0 or 2 or 3, $"{which}: exit code {run.ExitCode}, {run.Error}");
        Assert.False(Regex.IsMatch(run.Error, "Unhandled|ailib: [A-Za-z]+Exception", RegexOptions.None, TimeSpan.FromSeconds(5)), $"{which}: {run.Error}");

        // A signal, or a file system that takes what it can, is none of the user's business.
        Assert.True(run.ExitCode == 0 || error is not ("EINTR" or Short), $"{which}: exit code {run.ExitCode}, {run.Error}");

        // A lock that a file system does not know, a place that is asked for again, and a file that was forced to the disk before it was closed: what they are for is not lost with them.
        if (call is not ("flock" or "lseek" or "close") && error is not ("EINTR" or Short))
        {
            Assert.True(run.Error.Contains(Kinds[error].Words, StringComparison.Ordinal), $"{which}: nobody says so: {run.ExitCode}, {run.Error}");
        }
    }

    private static async Task AssertContinuesAsync(Workspace workspace, string which, Ended failed, int earlier)
    {
        string left = File.Exists(workspace["r.jsonl"]) ? await File.ReadAllTextAsync(workspace["r.jsonl"]) : "";
        int lines = left.Count(character => character == '\n');
        int counted = earlier + Answered(failed.Output);
        Assert.True(lines >= counted, $"{which}: {counted} were counted, {lines} are there.");
        Assert.True(failed.ExitCode != 0 || lines == Requests, $"{which}: it ended well with {lines} lines.");

        Ended again = await Ailib.RunAsync(workspace.Path, Command);

        Assert.True(again.ExitCode == 0, $"After {which}: {again.Error}");
        Assert.Equal(Workspace.Names(Requests), Workspace.Ids(workspace["r.jsonl"]));
    }

    private static string[] Command { get; } = "run in.jsonl -o r.jsonl --errors e.jsonl --target simulator --seed 1 --json".Split(' ');

    /// <summary>A job that begins, or one that was interrupted in the middle of a line.</summary>
    private static async Task<Workspace> PrepareAsync(bool isContinued)
    {
        Workspace workspace = Workspace.With(Requests);
        if (isContinued)
        {
            Ended part = await Ailib.RunAsync(workspace.Path, [.. Command, "--limit", Earlier.ToString(CultureInfo.InvariantCulture)]);
            Assert.Equal(0, part.ExitCode);
            await File.AppendAllTextAsync(workspace["r.jsonl"], """{"id":"batch_req_""");
        }

        return workspace;
    }

    private static async Task<Failed> FailAsync(Workspace workspace, string injector)
    {
        Ended run = await Ailib.RunInShellAsync(workspace.Path, $"exec {injector} -- dotnet {Path.Combine(AppContext.BaseDirectory, "ailib.dll")} {string.Join(' ', Command)}");
        string[] report = (await File.ReadAllTextAsync(workspace["report"])).TrimEnd('\n').Split(' ', 3);
        return new Failed(run, report[1] == "0" ? null : report[2]);
    }

    private static async Task<string> CompileAsync(Workspace tools)
    {
        Ended compiled = await Ailib.RunInShellAsync(tools.Path, $"{Compiler} -O1 -o failing-call {Path.Combine(AppContext.BaseDirectory, "Support", "failing-call.c")}");
        Assert.True(compiled.ExitCode == 0, compiled.Error);
        return tools["failing-call"];
    }

    private static int Answered(string output) =>
        output.Length == 0 ? 0 : JsonDocument.Parse(output).RootElement.GetProperty("answered").GetInt32();

    private static void SkipUnlessAskedFor()
    {
        Assert.SkipUnless(!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)), $"Takes minutes; set {Variable}=1, or to the errors that are wanted, such as EIO.");
        Assert.SkipUnless(OperatingSystem.IsLinux() && System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64, "The calls have the numbers of Linux on x86-64.");
        Assert.SkipUnless(File.Exists(Compiler), "There is no C compiler here.");
    }

    /// <summary>A run of which calls failed.</summary>
    /// <param name="Run">How it ended.</param>
    /// <param name="Path">Of which file the first was that failed; null when there was none.</param>
    private sealed record Failed(Ended Run, string? Path);
}
