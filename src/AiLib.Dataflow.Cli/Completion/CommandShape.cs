using System.CommandLine;

namespace AiLib.Dataflow.Cli.Completion;

/// <summary>A command as a shell has to know it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Options">Its options.</param>
/// <param name="Words">What its argument may be, where that is one of a few words.</param>
/// <param name="TakesFile">Whether its argument is a file.</param>
internal sealed record CommandShape(string Name, string Description, IReadOnlyList<OptionShape> Options, IReadOnlyList<string> Words, bool TakesFile)
{
    /// <summary>The commands of the tool.</summary>
    public static IReadOnlyList<CommandShape> AllOf(RootCommand root)
    {
        // Those that every command has.
        OptionShape[] shared = [.. root.Options.Where(option => option.Recursive).Select(OptionShape.Of)];
        return [.. root.Subcommands.Where(command => !command.Hidden).Select(command => Of(command, shared))];
    }

    private static CommandShape Of(Command command, IReadOnlyList<OptionShape> shared)
    {
        string[] words = [.. command.Arguments.SelectMany(argument => argument.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty)).Select(item => item.Label)];
        return new CommandShape(
            command.Name,
            OptionShape.FirstSentence(command.Description),
            [.. command.Options.Where(option => !option.Hidden).Select(OptionShape.Of), .. shared],
            words,
            command.Arguments.Count > 0 && words.Length == 0);
    }
}
