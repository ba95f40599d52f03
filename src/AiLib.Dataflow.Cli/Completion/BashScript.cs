using System.Text;

namespace AiLib.Dataflow.Cli.Completion;

/// <summary>Completion for bash 4 and later.</summary>
internal static class BashScript
{
    /// <summary>The script.</summary>
    public static string Of(IReadOnlyList<CommandShape> commands)
    {
        StringBuilder script = new("""
            # Completes ailib in bash: source it, or put it where bash looks for such scripts, as ~/.local/share/bash-completion/completions/ailib.

            _ailib() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="" command="" index
                (( COMP_CWORD > 0 )) && previous="${COMP_WORDS[COMP_CWORD-1]}"
                # bash takes --option=value apart at the sign.
                if [[ $current == "=" ]]; then
                    current=""
                elif [[ $previous == "=" ]] && (( COMP_CWORD > 1 )); then
                    previous="${COMP_WORDS[COMP_CWORD-2]}"
                fi
                for (( index = 1; index < COMP_CWORD; index++ )); do
                    if [[ ${COMP_WORDS[index]} != -* ]]; then
                        command="${COMP_WORDS[index]}"
                        break
                    fi
                done
                COMPREPLY=()
                case "$command $previous" in

            """);
        foreach (CommandShape command in commands)
        {
            foreach (IGrouping<string, OptionShape> options in command.Options.Where(option => option.Value is OptionValue.File or OptionValue.Text).GroupBy(ActionFor, StringComparer.Ordinal))
            {
                script.Append($"        {string.Join('|', options.SelectMany(option => option.Names).Select(name => $"\"{command.Name} {name}\""))})\n            {options.Key}; return ;;\n");
            }
        }

        script.Append("    esac\n    case \"$command\" in\n");
        foreach (CommandShape command in commands)
        {
            script.Append($"        {command.Name})\n            if [[ $current == -* ]]; then {Offer(command.Options.SelectMany(option => option.Names))}");
            script.Append(command.Words.Count > 0 ? $"; else {Offer(command.Words)}; fi ;;\n" : "; fi ;;\n");
        }

        script.Append($"        \"\")\n            {Offer([.. commands.Select(command => command.Name), "--help", "--version"])} ;;\n");
        script.Append("    esac\n}\n\n# Files where nothing better is known.\ncomplete -o default -F _ailib ailib\n");
        return script.ToString();
    }

    // A file, one of a few words, or what nobody can guess.
    private static string ActionFor(OptionShape option) =>
        option.Words.Count > 0 ? $"{Offer(option.Words)}; compopt +o default 2>/dev/null"
        : option.Value == OptionValue.File ? "compopt -o default 2>/dev/null"
        : "compopt +o default 2>/dev/null";

    private static string Offer(IEnumerable<string> words) => $"COMPREPLY=( $(compgen -W \"{string.Join(' ', words)}\" -- \"$current\") )";
}
