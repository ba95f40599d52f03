using System.Text;

namespace AiLib.Dataflow.Cli.Completion;

/// <summary>Completion for zsh.</summary>
internal static class ZshScript
{
    /// <summary>The script.</summary>
    public static string Of(IReadOnlyList<CommandShape> commands)
    {
        StringBuilder script = new("""
            #compdef ailib
            # Completes ailib in zsh: put it as _ailib into a directory of $fpath, or source it after compinit.

            _ailib() {
                local context state line
                local -a commands
                commands=(

            """);
        foreach (CommandShape command in commands)
        {
            script.Append($"        {Quoted($"{command.Name}:{command.Description}")}\n");
        }

        script.Append("""
                )
                _arguments -C '(- *)--help[Show help]' '(- *)--version[Show the version]' '1:command:->command' '*::argument:->argument'
                case $state in
                    command) _describe command commands ;;
                    argument)
                        case $words[1] in

            """);
        foreach (CommandShape command in commands)
        {
            script.Append($"                {command.Name}) _arguments");
            foreach (OptionShape option in command.Options)
            {
                foreach (string name in option.Names)
                {
                    script.Append($" \\\n                    {Quoted(Specification(option, name))}");
                }
            }

            if (command.Words.Count > 0)
            {
                script.Append($" \\\n                    {Quoted($"1:argument:({string.Join(' ', command.Words)})")}");
            }
            else if (command.TakesFile)
            {
                script.Append(" \\\n                    '1:file:_files'");
            }

            script.Append(" ;;\n");
        }

        return script.Append("""
                        esac ;;
                esac
            }

            if [[ ${funcstack[1]-} == _ailib ]]; then
                _ailib "$@"
            else
                compdef _ailib ailib
            fi

            """).ToString();
    }

    private static string Specification(OptionShape option, string name)
    {
        // Once, unless it may be repeated; and not beside its other name.
        string before = option.IsRepeatable ? "*" : option.Names.Count > 1 ? $"({string.Join(' ', option.Names)})" : "";
        string value = option.Value switch
        {
            OptionValue.None => "",
            OptionValue.Attached => $"::{Escaped(option.ValueName)}: ",
            OptionValue.File => $":{Escaped(option.ValueName)}:_files",
            _ when option.Words.Count > 0 => $":{Escaped(option.ValueName)}:({string.Join(' ', option.Words)})",
            _ => $":{Escaped(option.ValueName)}: ",
        };
        string attached = option.Value switch
        {
            OptionValue.None => "",
            // Only behind the sign.
            OptionValue.Attached => "=-",
            // Behind the sign, or in the next word; a short name has no sign.
            _ => name.StartsWith("--", StringComparison.Ordinal) ? "=" : "",
        };
        return $"{before}{name}{attached}[{Escaped(option.Description).Replace("]", "\\]", StringComparison.Ordinal)}]{value}";
    }

    private static string Escaped(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal);

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
