using System.Text.Json;

namespace AiLib.Dataflow.EndToEnd.Tests;

/// <summary>A disk that cannot keep what its file system promised: ext4 in a file on a memory disk that runs full underneath it.</summary>
/// <remarks>It mounts, so only as root and when asked for: see docs/testing.md.</remarks>
public sealed class FaultyDeviceTests
{
    private const int Requests = 30_000;

    [Fact]
    public async Task The_run_says_so_what_was_counted_is_there_and_the_same_command_continues()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("AILIB_FAULTY_DEVICE") is "1", "It mounts file systems as root; set AILIB_FAULTY_DEVICE=1.");
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It takes ext4 and loop devices.");
        using Workspace workspace = Workspace.With(Requests);
        const string Script = """
            exec unshare -m sh -c '
                mkdir memory disk && mount -t tmpfs -o size=16m memory memory || exit 77
                truncate -s 256m memory/image && mkfs.ext4 -q -F memory/image && mount -o loop memory/image disk || exit 77
                run="dotnet '"$TOOL"' run in.jsonl -o disk/r.jsonl --errors disk/e.jsonl --target simulator --json"
                $run > first.json; echo $? > code
                umount disk; mount -o remount,size=512m memory && e2fsck -fy memory/image >&2; mount -o loop memory/image disk || exit 78
                cp disk/r.jsonl left.jsonl
                $run > second.json; echo $? >> code
                cp disk/r.jsonl in.results.jsonl; umount disk'
            """;
        string tool = Path.Combine(AppContext.BaseDirectory, "ailib.dll");

        Ended ended = await Ailib.RunInShellAsync(workspace.Path, $"TOOL='{tool}'; {Script}");

        Assert.SkipWhen(ended.ExitCode == 77, $"File systems cannot be mounted here: {ended.Error}");
        Assert.Equal("3\n0\n", await File.ReadAllTextAsync(workspace["code"]));
        Assert.Contains("Stopped early", ended.Error, StringComparison.Ordinal);
        using JsonDocument first = JsonDocument.Parse(await File.ReadAllTextAsync(workspace["first.json"]));
        int counted = first.RootElement.GetProperty("answered").GetInt32();
        int left = File.ReadAllBytes(workspace["left.jsonl"]).Count(value => value == (byte)'\n');
        Assert.InRange(counted, 1, left);
        Assert.Equal(Workspace.Names(Requests), Workspace.Ids(workspace.Results));
    }
}
