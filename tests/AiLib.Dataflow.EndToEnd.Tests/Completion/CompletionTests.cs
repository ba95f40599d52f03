using System.CommandLine;
using System.Diagnostics;
using AiLib.Dataflow.Cli;
using AiLib.Dataflow.Cli.Completion;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.EndToEnd.Tests.Completion;

/// <summary>What the scripts of <c>ailib completion</c> offer, asked of the shells themselves where they are installed.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("", "completion --help report run simulate targets validate --version")]
    [InlineData("r", "report run")]
    [InlineData("run --dur", "--durability")]
    [InlineData("run --max-", "--max-calls --max-failures --max-inflight --max-retries --max-tokens")]
    [InlineData("run in.jsonl --durability ", "batch none")]
    [InlineData("run --durability = n", "none")]
    [InlineData("run --durability =", "batch none")]
    [InlineData("run --input-format c", "csv")]
    [InlineData("run --max-inflight ", "auto")]
    [InlineData("run --target open", "openai openrouter")]
    [InlineData("targets --t", "--target --token-burst --tpd --tpm")]
    [InlineData("report -", "--errors -h --help -o --output")]
    [InlineData("completion ", "bash fish zsh")]
    [InlineData("completion b", "bash")]
    [InlineData("run --rpm ", "")]
    [InlineData("run in", "")]
    [InlineData("unknown ", "")]
    public async Task Bash_is_offered_what_can_stand_there(string typed, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no bash.");

        // As bash calls it: the words, of which the last one is being typed.
        string offered = await BashAsync($$"""
            COMP_WORDS=(ailib {{string.Join(' ', typed.Split(' ').Select(word => $"'{word}'"))}})
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            $(complete -p ailib | sed 's/.*-F \([^ ]*\).*/\1/')
            printf '%s\n' "${COMPREPLY[@]}"
            """);

        Assert.Equal(Words(expected), Words(offered));
    }

    [Fact]
    public async Task Bash_falls_back_to_files() =>
        Assert.Equal("complete -o default -F _ailib ailib\n", OperatingSystem.IsWindows() ? "complete -o default -F _ailib ailib\n" : await BashAsync("complete -p ailib"));

    [Fact]
    public void Every_option_and_every_word_of_every_command_is_in_every_script()
    {
        using TerminalWriter terminal = new();
        IReadOnlyList<CommandShape> commands = CommandShape.AllOf(CommandTree.Of(terminal));
        string[] scripts = [BashScript.Of(commands), ZshScript.Of(commands), FishScript.Of(commands)];

        Assert.Equal(6, commands.Count);
        foreach (OptionShape option in commands.SelectMany(command => command.Options))
        {
            Assert.All(scripts, script => Assert.Contains(option.Names[0][2..], script, StringComparison.Ordinal));
            Assert.All(scripts, script => Assert.Contains(string.Join(' ', option.Words), script, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_word_that_is_offered_is_accepted()
    {
        using TerminalWriter terminal = new();
        RootCommand root = CommandTree.Of(terminal);
        (CommandShape Command, OptionShape Option, string Word)[] offered =
        [
            .. from command in CommandShape.AllOf(root) from option in command.Options from word in option.Words select (command, option, word),
        ];

        Assert.True(offered.Length > 30);
        Assert.All(offered, offer => Assert.DoesNotContain(
            root.Parse([offer.Command.Name, "in.jsonl", offer.Option.Names[0], offer.Word]).Errors, error => error.Message.Contains(offer.Word, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Other_shells_take_the_script(string shell)
    {
        Assert.SkipUnless(IsInstalled(shell), $"There is no {shell} here.");
        using Workspace workspace = new();
        Ended script = await Ailib.RunAsync(workspace.Path, "completion", shell);
        await File.WriteAllTextAsync(workspace["script"], script.Output);

        Ended ended = await Ailib.RunInShellAsync(workspace.Path, $"{shell} -n script");

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
    }

    [Fact]
    public async Task A_shell_that_is_not_known_is_refused_with_those_that_are()
    {
        Ended ended = await Ailib.RunAsync(Path.GetTempPath(), "completion", "csh");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("'bash'", ended.Error, StringComparison.Ordinal);
    }

    private static async Task<string> BashAsync(string commands)
    {
        using Workspace workspace = new();
        using TerminalWriter terminal = new();
        await File.WriteAllTextAsync(workspace["completion.bash"], BashScript.Of(CommandShape.AllOf(CommandTree.Of(terminal))));
        await File.WriteAllTextAsync(workspace["ask.bash"], $"set -u\nsource ./completion.bash\n{commands}\n");
        Ended ended = await Ailib.RunInShellAsync(workspace.Path, "bash --norc ask.bash");
        Assert.Equal("", ended.Error);
        return ended.Output;
    }

    private static bool IsInstalled(string shell)
    {
        try
        {
            using Process version = Process.Start(new ProcessStartInfo(shell, "--version") { RedirectStandardOutput = true, UseShellExecute = false })!;
            return version.WaitForExit(TimeSpan.FromSeconds(30));
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string[] Words(string text) => [.. text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
}
