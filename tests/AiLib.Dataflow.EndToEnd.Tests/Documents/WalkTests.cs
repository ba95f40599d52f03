using System.Globalization;

namespace AiLib.Dataflow.EndToEnd.Tests.Documents;

/// <summary>docs/batch.md does what it says.</summary>
public sealed class WalkTests
{
    private const string Mark = "=== block ";

    // Three quarters of a minute on two processors that have nothing else to do.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Every_command_of_the_document_prints_what_it_promises()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The commands are for a Unix shell.");
        Assert.SkipUnless(File.Exists("/usr/bin/timeout"), "timeout is of GNU.");
        Walk walk = Walk.Of(await File.ReadAllLinesAsync(Document("docs/batch.md")));
        using Workspace tools = new();
        using Workspace workspace = new();
        string tool = tools["ailib"];
        await File.WriteAllTextAsync(tool, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "ailib.dll")}' \"$@\"\n");

        Ended ended = await Ailib.RunInShellAsync(
            workspace.Path,
            $"unset -f ailib; chmod u+x '{tool}'; PATH='{tools.Path}':\"$PATH\"; exec 2>&1\n"
            + string.Concat(walk.Steps.Select(static (step, index) => string.Create(CultureInfo.InvariantCulture, $"{step.Commands}\necho '{Mark}{index}'\n"))),
            Patience);

        Assert.InRange(walk.Steps.Count, 12, 40);
        Queue<string> lines = new(ended.Output.Split('\n'));
        for (int index = 0; index < walk.Steps.Count; index++)
        {
            List<string> printed = [];
            while (lines.TryDequeue(out string? line) && line != string.Create(CultureInfo.InvariantCulture, $"{Mark}{index}"))
            {
                printed.Add(line);
            }

            WalkStep step = walk.Steps[index];
            Assert.True(step.Missing(printed) is not { } missing, $"Under '{step.Heading}' was promised and not printed: {step.Missing(printed)}\nby\n{step.Commands}\nwhich printed\n{string.Join('\n', printed)}");
        }
    }

    [Fact]
    public void A_line_that_is_missing_or_out_of_order_is_found()
    {
        WalkStep step = Assert.Single(Walk.Of(["# Title", "```sh", "ls", "```", "```text", "a … c", "d", "```", "```sh provider", "secret", "```"]).Steps);

        Assert.Equal(("Title", "ls"), (step.Heading, step.Commands));
        Assert.Null(step.Missing(["x", "a b c", "y", "d"]));
        Assert.Equal("d", step.Missing(["d", "a b c"]));
        Assert.Equal("a … c", step.Missing(["a c", "d"]));
        Assert.Equal("d", step.Missing(["a b c", "de"]));
    }

    private static string Document(string name)
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, name)))
        {
            directory = directory.Parent;
        }

        Assert.NotNull(directory);
        return Path.Combine(directory.FullName, name);
    }
}
