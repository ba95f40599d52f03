using System.CommandLine;
using AiLib.Dataflow.Cli.Settings;

namespace AiLib.Dataflow.Cli.Config;

/// <summary>Reads what a configuration file says for options that are not given. The options themselves say what is allowed.</summary>
internal static class ConfigDefaults
{
    /// <summary>The values as they would be written on a command line, by the name of the option.</summary>
    /// <param name="node">The value of <c>defaults</c>.</param>
    /// <param name="options">The options that there may be values for.</param>
    /// <param name="problems">Gets what is wrong.</param>
    public static IReadOnlyDictionary<string, Located<string>> Read(ConfigNode node, IReadOnlyList<Option> options, ConfigProblems problems)
    {
        Dictionary<string, Located<string>> read = new(StringComparer.Ordinal);
        ConfigObject defaults = new(node, problems, [.. options.Select(SettingName.KeyOf)]);
        foreach (Option option in options)
        {
            if (defaults.Find(SettingName.KeyOf(option)) is not { } member)
            {
                continue;
            }

            if ((ProblemOfKind(member, option) ?? SettingText.ProblemOf(option, TextOf(member))) is { } problem)
            {
                problems.AddWrong(member, problem);
            }
            else
            {
                read[option.Name] = new Located<string>(TextOf(member), member.Line);
            }
        }

        return read;
    }

    private static string TextOf(ConfigNode member) => member.Kind switch
    {
        ConfigKind.True => "true",
        ConfigKind.False => "false",
        _ => member.Text,
    };

    private static string? ProblemOfKind(ConfigNode member, Option option)
    {
        bool isNumber = member.Kind == ConfigKind.Number;
        bool isText = member is { Kind: ConfigKind.Text, Text.Length: > 0 };
        return option switch
        {
            Option<bool> => member.Kind is ConfigKind.True or ConfigKind.False ? null : "it must be true or false, without quotes",
            { HelpName: "N" } => isNumber ? null : "it must be a number, without quotes",

            // A number, or one of a few words.
            { HelpName: { } name } when name.StartsWith("N|", StringComparison.Ordinal) =>
                isNumber || (isText && !member.Text.AsSpan().ContainsAnyInRange('0', '9')) ? null : $"it must be a number without quotes, or {name[2..]} in quotes",
            _ => isText ? null : "it must be a text in quotes, and not an empty one",
        };
    }
}
