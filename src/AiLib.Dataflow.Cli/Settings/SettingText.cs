using System.CommandLine;

namespace AiLib.Dataflow.Cli.Settings;

/// <summary>Reads a text as an option reads its value, so that a setting means the same wherever it stands.</summary>
internal static class SettingText
{
    private static readonly ParserConfiguration AsItIs = new() { ResponseFileTokenReplacer = null };

    /// <summary>What is wrong with a text, without a full stop; null when nothing is.</summary>
    public static string? ProblemOf(Option option, string text) => Parse(option, text).Errors is [{ } error, ..] ? WithoutName(option, text, error.Message) : null;

    /// <summary>What a text means. Nothing must be wrong with it.</summary>
    public static T? Value<T>(Option<T> option, string text) => Parse(option, text).GetValue(option);

    // In one word, so that a text that begins like an option is still its value.
    private static ParseResult Parse(Option option, string text) => new Command("alone") { option }.Parse([$"{option.Name}={text}"], AsItIs);

    // The option is not who said it.
    private static string WithoutName(Option option, string text, string message)
    {
        string beginning = $"{option.Name} is '{text}': ";
        return (message.StartsWith(beginning, StringComparison.Ordinal) ? message[beginning.Length..] : message).TrimEnd('.');
    }
}
