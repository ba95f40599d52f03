using System.CommandLine;
using AiLib.Dataflow.Cli.Help;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.Cli.Completion;

/// <summary><c>ailib completion</c>: a script that lets a shell complete commands, options and their values, without starting the tool each time.</summary>
internal sealed class CompletionCommand : Command, IHasExamples
{
    private readonly Argument<string> _shell = new("SHELL") { Description = "The shell: bash, zsh or fish." };

    public CompletionCommand(TerminalWriter terminal, RootCommand root)
        : base("completion", "Print a script that completes commands, options and values in a shell.")
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Add(_shell);
        SetAction(parsed =>
        {
            IReadOnlyList<CommandShape> commands = CommandShape.AllOf(root);
            string script = parsed.GetRequiredValue(_shell) switch
            {
                "bash" => BashScript.Of(commands),
                "zsh" => ZshScript.Of(commands),
                _ => FishScript.Of(commands),
            };
            terminal.WriteData(script.TrimEnd('\n'));
            return ExitCode.Succeeded;
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Examples { get; } =
    [
        "ailib completion bash > ~/.local/share/bash-completion/completions/ailib",
        "ailib completion zsh > ~/.zfunc/_ailib",
        "ailib completion fish > ~/.config/fish/completions/ailib.fish",
    ];
}
