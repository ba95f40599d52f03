using AiLib.Dataflow.Cli;
using AiLib.Dataflow.Cli.Help;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.EndToEnd.Tests;

/// <summary>Every example in the help of a command is true: it is run as it stands, or as far as it goes without the provider that it names.</summary>
public sealed class ExamplesTests
{
    public static TheoryData<string> Examples
    {
        get
        {
            using TerminalWriter terminal = new();
            return [.. CommandTree.Of(terminal).Subcommands.OfType<IHasExamples>().SelectMany(command => command.Examples)];
        }
    }

    [Fact]
    public void Every_command_has_examples_of_itself()
    {
        using TerminalWriter terminal = new();

        Assert.All(CommandTree.Of(terminal).Subcommands, command =>
        {
            IHasExamples examples = Assert.IsAssignableFrom<IHasExamples>(command);
            Assert.NotEmpty(examples.Examples);
            Assert.All(examples.Examples, example => Assert.StartsWith($"ailib {command.Name}", example, StringComparison.Ordinal));
        });
    }

    [Theory]
    [InlineData("run")]
    [InlineData("validate")]
    [InlineData("report")]
    [InlineData("simulate")]
    [InlineData("targets")]
    [InlineData("completion")]
    public async Task Help_ends_with_them(string command)
    {
        using TerminalWriter terminal = new();
        IReadOnlyList<string> examples = CommandTree.Of(terminal).Subcommands.Where(known => known.Name == command).Cast<IHasExamples>().Single().Examples;

        Ended ended = await Ailib.RunAsync(Path.GetTempPath(), command, "--help");

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.EndsWith($"Examples:\n{string.Concat(examples.Select(example => $"  {example}\n"))}", ended.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Each_of_them_works(string example)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "They are for a shell.");
        using Workspace workspace = Workspace.With(3);
        File.Move(workspace.Input, workspace["requests.jsonl"]);
        await File.WriteAllTextAsync(workspace["words.csv"], "word\nhouse\n");
        await File.WriteAllTextAsync(workspace["ailib.json"], """{ "targets": [ { "name": "simulator/m" } ] }""");

        // What listens until somebody ends it gets no chance to; what would ask a provider says what it would ask.
        string ran = example.StartsWith("ailib simulate", StringComparison.Ordinal) ? $"{example} --help"
            : example.StartsWith("ailib run", StringComparison.Ordinal) && !example.Contains("simulator", StringComparison.Ordinal) ? $"{example} --dry-run"
            : example.StartsWith("ailib report", StringComparison.Ordinal) ? $"ailib run requests.jsonl --target simulator && {example}"
            : example;
        Ended ended = await Ailib.RunInShellAsync(workspace.Path, $"""
            export HOME="$PWD" OPENAI_API_KEY=no-such-key GROQ_API_KEY=no-such-key
            mkdir -p .local/share/bash-completion/completions .zfunc .config/fish/completions
            {ran}
            """);

        Assert.True(ended.ExitCode == 0, $"{ran}: {ended.Error}");
        using TerminalWriter terminal = new();
        Assert.Empty(CommandTree.Of(terminal).Parse(Arguments(example)).Errors);
    }

    // As a shell splits a line that has nothing but words and double quotes, without what is redirected.
    private static string[] Arguments(string line) =>
    [
        .. line.Split(" > ")[0].Split('"').SelectMany((part, index) => index % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Skip(1),
    ];
}
