using System.CommandLine;
using System.CommandLine.Completions;

namespace AiLib.Dataflow.Cli.Completion;

/// <summary>An option as a shell has to know it.</summary>
/// <param name="Names">Its names, the long one first.</param>
/// <param name="Description">What it says, in a sentence.</param>
/// <param name="Value">What it takes.</param>
/// <param name="Words">What the value may be, where some are known.</param>
internal sealed record OptionShape(IReadOnlyList<string> Names, string Description, OptionValue Value, IReadOnlyList<string> Words)
{
    /// <summary>What a value is called.</summary>
    public string ValueName { get; private init; } = "";

    /// <summary>Whether it may be given more than once.</summary>
    public bool IsRepeatable { get; private init; }

    /// <summary>The shape of an option.</summary>
    public static OptionShape Of(Option option)
    {
        bool isSwitch = option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool);
        string[] words = isSwitch ? [] : [.. option.GetCompletions(CompletionContext.Empty).Select(item => item.Label)];
        OptionValue value = isSwitch ? OptionValue.None
            : option.Arity.MinimumNumberOfValues == 0 ? OptionValue.Attached
            : option.HelpName == "FILE" ? OptionValue.File
            : OptionValue.Text;
        return new OptionShape([option.Name, .. option.Aliases.Where(IsName).Order(StringComparer.Ordinal)], FirstSentence(option.Description), value, words)
        {
            ValueName = option.HelpName ?? "",
            IsRepeatable = option.Arity.MaximumNumberOfValues > 1,
        };
    }

    // Not -?, which a shell takes for a pattern, nor /h.
    private static bool IsName(string alias) => alias is ['-', .. var letters] && letters.All(letter => letter == '-' || char.IsAsciiLetter(letter));

    /// <summary>As much as fits beside a name.</summary>
    public static string FirstSentence(string? description)
    {
        string text = description ?? "";
        int end = text.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).TrimEnd('.');
    }
}
