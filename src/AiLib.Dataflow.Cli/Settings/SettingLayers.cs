using System.CommandLine;
using AiLib.Dataflow.Cli.Config;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Settings;

/// <summary>Decides who is heard: an option before its environment variable, that before the configuration file, and that before what is built in.</summary>
/// <param name="parsed">The command line.</param>
/// <param name="config">The configuration file; null for none.</param>
/// <param name="settable">The options that a variable and the file can stand for.</param>
/// <param name="environment">Reads an environment variable.</param>
/// <param name="problems">Gets what is wrong with variables.</param>
internal sealed class SettingLayers(
    ParseResult parsed, ConfigFile? config, IReadOnlyList<Option> settable, Func<string, string?> environment, List<string> problems)
{
    /// <summary>The configuration file; null for none.</summary>
    public ConfigFile? Config => config;

    /// <summary>What the command line says alone.</summary>
    public ParseResult Parsed => parsed;

    /// <summary>What holds.</summary>
    public T? Value<T>(Option<T> option) => (OverTargets(option) ?? UnderTargets(option)) is { } said ? said.Value : parsed.GetValue(option);

    /// <summary>What the command line or the environment says: it goes before what the file says of a target.</summary>
    /// <param name="option">The option.</param>
    /// <param name="readVariable">Reads its variable, where that has a meaning of its own.</param>
    public Sourced<T?>? OverTargets<T>(Option<T> option, CommandOption.TryRead<T>? readVariable = null)
    {
        if (parsed.GetResult(option) is { Implicit: false })
        {
            return new Sourced<T?>(parsed.GetValue(option), option.Name);
        }

        if (!settable.Any(known => known.Name == option.Name) || VariableOf(option) is not { } text)
        {
            return null;
        }

        T? value = default;
        string? problem = readVariable is null ? SettingText.ProblemOf(option, text) : readVariable(text, out value);
        string variable = SettingName.VariableOf(option);
        if (problem is null)
        {
            return new Sourced<T?>(readVariable is null ? SettingText.Value(option, text) : value, variable);
        }

        string error = Redactor.Patterns.Redact($"{variable} is '{text}': {(option is Option<bool> ? "it must be true or false" : problem)}.");
        if (!problems.Contains(error, StringComparer.Ordinal))
        {
            problems.Add(error);
        }

        return null;
    }

    /// <summary>What the file says for all targets: it goes behind what it says of one.</summary>
    public Sourced<T?>? UnderTargets<T>(Option<T> option) => config?.Defaults.GetValueOrDefault(option.Name) is { } said
        ? new Sourced<T?>(SettingText.Value(option, said.Value), config.At(said.Line))
        : null;

    /// <summary>Every setting that a variable or the file decides: its option, its text, and who says it.</summary>
    public IEnumerable<(Option Option, Sourced<string> Said)> NotFromTheCommandLine()
    {
        foreach (Option option in settable.Where(option => parsed.GetResult(option) is not { Implicit: false }))
        {
            if (VariableOf(option) is { } text)
            {
                yield return (option, new Sourced<string>(text, SettingName.VariableOf(option)));
            }
            else if (config?.Defaults.GetValueOrDefault(option.Name) is { } said)
            {
                yield return (option, new Sourced<string>(said.Value, config.At(said.Line)));
            }
        }
    }

    private string? VariableOf(Option option) => environment(SettingName.VariableOf(option)) is { Length: > 0 } text ? text : null;
}
