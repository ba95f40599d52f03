using System.Text;

namespace AiLib.Dataflow.Cli.Completion;

/// <summary>Completion for fish.</summary>
internal static class FishScript
{
    /// <summary>The script.</summary>
    public static string Of(IReadOnlyList<CommandShape> commands)
    {
        StringBuilder script = new("""
            # Completes ailib in fish: put it as ailib.fish into ~/.config/fish/completions.

            complete -c ailib -n __fish_use_subcommand -f -l help -d 'Show help'
            complete -c ailib -n __fish_use_subcommand -f -l version -d 'Show the version'

            """);
        foreach (CommandShape command in commands)
        {
            script.Append($"complete -c ailib -n __fish_use_subcommand -f -a {command.Name} -d {Quoted(command.Description)}\n");
        }

        foreach (CommandShape command in commands)
        {
            string begin = $"complete -c ailib -n '__fish_seen_subcommand_from {command.Name}'";
            script.Append('\n');
            if (command.Words.Count > 0)
            {
                script.Append($"{begin} -f -a {Quoted(string.Join(' ', command.Words))}\n");
            }
            else if (!command.TakesFile)
            {
                script.Append($"{begin} -f\n");
            }

            foreach (OptionShape option in command.Options)
            {
                string names = string.Concat(option.Names.Select(NameOf));
                string value = option.Value switch
                {
                    OptionValue.None or OptionValue.Attached => "",
                    OptionValue.File => " -r -F",
                    _ when option.Words.Count > 0 => $" -x -a {Quoted(string.Join(' ', option.Words))}",
                    _ => " -x",
                };
                script.Append($"{begin}{names}{value} -d {Quoted(option.Description)}\n");
            }
        }

        return script.ToString();
    }

    private static string NameOf(string name) =>
        name.StartsWith("--", StringComparison.Ordinal) ? $" -l {name[2..]}"
        : name is ['-', var letter] && char.IsAsciiLetter(letter) ? $" -s {letter}"
        : "";

    private static string Quoted(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
