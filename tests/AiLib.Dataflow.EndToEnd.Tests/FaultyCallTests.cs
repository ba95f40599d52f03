using System.Globalization;
using System.Text.Json;

namespace AiLib.Dataflow.EndToEnd.Tests;

/// <summary>The real tool on the real kernel, of which one call fails: the first, then the second, until no such call is made any more.</summary>
/// <remarks>A few minutes, so only when asked for: see docs/testing.md. The same on a file system of the test's own runs always (PowerCutTests).</remarks>
public sealed class FaultyCallTests
{
    private const string Variable = "AILIB_STRACE";
    private const int Requests = 40;
    private const int MostCalls = 60;

    /// <summary>All of them, or those that the variable names, so that a run can be cut into slices.</summary>
    public static TheoryData<string> Errors => Environment.GetEnvironmentVariable(Variable) is { } named && named.StartsWith('E')
        ? [.. named.Split(',')]
        : ["EIO", "ENOSPC", "EDQUOT", "EINTR"];

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Whichever_call_fails_nothing_is_lost_and_the_same_command_continues(string error)
    {
        SkipUnlessAskedFor();
        int injected = 0;
        foreach (string call in new[] { "openat", "flock", "lseek", "pread64", "pwrite64", "ftruncate", "fsync", "rename", "close" })
        {
            int number = 1;
            while (await FailsAsync(call, error, number, isResultsOnly: false) is { } outcome)
            {
                Assert.True(outcome.ExitCode is 0 or 2 or 3, $"{call} {number} {error}: exit code {outcome.ExitCode}, {outcome.Error}");
                Assert.DoesNotContain("Unhandled", outcome.Error, StringComparison.Ordinal);
                Assert.InRange(++number, 0, MostCalls);
                injected++;
            }
        }

        Assert.InRange(injected, 20, int.MaxValue);
    }

    [Theory]
    [InlineData("EIO")]
    [InlineData("ENOSPC")]
    [InlineData("EDQUOT")]
    public async Task Results_that_are_not_on_the_disk_are_noticed(string error)
    {
        SkipUnlessAskedFor();
        int number = 1;
        while (await FailsAsync("fsync", error, number, isResultsOnly: true) is { } outcome)
        {
            Assert.True(outcome.ExitCode is 2 or 3, $"fsync {number} {error}: exit code {outcome.ExitCode}, {outcome.Error}");
            Assert.Contains("forced to the disk", outcome.Error, StringComparison.Ordinal);
            Assert.InRange(++number, 0, MostCalls);
        }

        Assert.InRange(number, 2, MostCalls);
    }

    /// <summary>Runs a job of which one call fails, and then the same job again.</summary>
    /// <returns>How the first run ended; null when there was no such call.</returns>
    private static async Task<Ended?> FailsAsync(string call, string error, int number, bool isResultsOnly)
    {
        using Workspace workspace = Workspace.With(Requests);
        string results = workspace["r.jsonl"];
        string run = "run in.jsonl -o r.jsonl --errors e.jsonl --target simulator --seed 1 --json";
        string paths = isResultsOnly ? $"-P {results}" : $"-P {results} -P {results}.job -P {results}.job.new -P {workspace.Path}";
        string tool = Path.Combine(AppContext.BaseDirectory, "ailib.dll");
        string when = number.ToString(CultureInfo.InvariantCulture);

        Ended failed = await Ailib.RunInShellAsync(
            workspace.Path, $"exec strace -f -qq -o trace {paths} -e trace={call} -e inject={call}:error={error}:when={when} dotnet {tool} {run}");
        if (!(await File.ReadAllTextAsync(workspace["trace"])).Contains("(INJECTED)", StringComparison.Ordinal))
        {
            Assert.Equal(0, failed.ExitCode);
            return null;
        }

        string left = File.Exists(results) ? await File.ReadAllTextAsync(results) : "";
        Assert.InRange(Answered(failed.Output), 0, left.Count(character => character == '\n'));
        Ended again = await Ailib.RunAsync(workspace.Path, run.Split(' '));

        Assert.True(again.ExitCode == 0, $"After {call} {when} {error}: {again.Error}");
        Assert.Equal(Workspace.Names(Requests), Workspace.Ids(results));
        return failed;
    }

    private static int Answered(string output) =>
        output.Length == 0 ? 0 : JsonDocument.Parse(output).RootElement.GetProperty("answered").GetInt32();

    private static void SkipUnlessAskedFor()
    {
        Assert.SkipUnless(!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)), "Takes minutes; set AILIB_STRACE=1, or to the errors that are wanted, such as EIO.");
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "There is no strace here.");
    }
}
