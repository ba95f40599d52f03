using System.CommandLine;
using System.Globalization;
using System.Numerics;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.Cli;

/// <summary>Makes the options of the commands, each with a check that names the option, the value and what is allowed.</summary>
internal static class CommandOption
{
    /// <summary>A text.</summary>
    public static Option<string?> Text(string name, string helpName, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = helpName };

    /// <summary>A switch.</summary>
    public static Option<bool> Switch(string name, string description) => new(name) { Description = description };

    /// <summary>A number within a range.</summary>
    public static Option<T?> Number<T>(string name, T least, T most, string description)
        where T : struct, INumber<T> => Parsed<T?>(name, "N", description, (string text, out T? value) => ReadNumber(text, least, most, out value));

    /// <summary>Reads a number within a range.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static string? ReadNumber<T>(string text, T least, T most, out T? value)
        where T : struct, INumber<T>
    {
        bool isNumber = T.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T number)
            && number >= least && number <= most;
        value = isNumber ? number : null;
        return isNumber ? null : string.Create(CultureInfo.InvariantCulture, $"it must be a number from {least} to {most}");
    }

    /// <summary>A duration.</summary>
    /// <param name="name">The option.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="least">The shortest that there may be. Default: none at all.</param>
    /// <param name="most">The longest. Default: a day.</param>
    public static Option<TimeSpan?> Duration(string name, string description, TimeSpan? least = null, TimeSpan? most = null) =>
        Parsed<TimeSpan?>(name, "T", description, (string text, out TimeSpan? value) =>
        {
            bool isDuration = DurationText.TryParse(text, most ?? TimeSpan.FromDays(1), out TimeSpan duration) && duration >= (least ?? TimeSpan.Zero);
            value = isDuration ? duration : null;
            return isDuration ? null : $"it must be {DurationText.Form}";
        });

    /// <summary>Prices.</summary>
    public static Option<TokenPrices?> Prices(string name, string description) =>
        Parsed<TokenPrices?>(name, "IN/OUT", description, static (string text, out TokenPrices? value) =>
            PriceText.TryParse(text, out value) ? null : $"it must be {PriceText.Form}");

    /// <summary>Shares of faults.</summary>
    public static Option<FaultRates?> Faults(string description) =>
        Parsed<FaultRates?>("--faults", "LIST", description, static (string text, out FaultRates? value) =>
            FaultRates.TryParse(text, out value, out string? error) ? null : error);

    /// <summary>How a provider counts.</summary>
    public static Option<LimitKind?> LimitKind(string description)
    {
        Option<LimitKind?> option = Parsed<LimitKind?>("--limit-kind", "KIND", description, static (string text, out LimitKind? value) =>
        {
            value = LimitKindNames.TryFind(text, out LimitKind kind) ? kind : null;
            return value is null ? $"it must be one of {LimitKindNames.All}" : null;
        });
        Completes(option, LimitKindNames.All.Split(", "));
        return option;
    }

    /// <summary>The input of a command.</summary>
    public static Argument<string> Input() => new("INPUT") { Description = "Requests: JSON lines (OpenAI's batch form, or bodies alone), CSV or Parquet with --prompt; .gz and .zst too; - is standard input." };

    /// <summary>Says what a shell offers for an option, in place of what the names of an enum are in code.</summary>
    public static void Completes(Option option, params string[] words)
    {
        option.CompletionSources.Clear();
        option.CompletionSources.Add(words);
    }

    /// <summary>An option with a parser of its own.</summary>
    public static Option<T> Parsed<T>(string name, string helpName, string description, TryRead<T> read) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
            if (read(text, out T value) is { } problem)
            {
                result.AddError($"{name} is '{text}': {problem}.");
            }

            return value;
        },
    };

    /// <summary>Reads a value.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public delegate string? TryRead<T>(string text, out T value);
}
