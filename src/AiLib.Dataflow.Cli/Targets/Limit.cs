using System.CommandLine;
using System.Globalization;
using System.Numerics;
using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary>
/// A limit of a target: its option, its key in the configuration file, its environment variable, and what it sets. One row of <see cref="LimitTable"/> is all of it.
/// </summary>
/// <param name="key">Its name in a configuration file, such as <c>max_inflight</c>; the option is <c>--max-inflight</c>.</param>
/// <param name="helpName">What its value is called in help.</param>
/// <param name="description">What it is, for help.</param>
/// <param name="read">Reads a value.</param>
internal sealed class Limit(string key, string helpName, string description, CommandOption.TryRead<double?> read)
{
    /// <summary>Its name in a configuration file.</summary>
    public string Key => key;

    /// <summary>Its name on the command line.</summary>
    public string OptionName { get; } = "--" + key.Replace('_', '-');

    /// <summary>Whether it may be a word.</summary>
    public bool HasWords => helpName.Contains('|', StringComparison.Ordinal);

    /// <summary>Sets it for a target, or a member of a pool; null for a limit of all keys together.</summary>
    public Action<TargetOptions, double>? Apply { get; init; }

    /// <summary>Sets it for all keys of a target together; null for any other.</summary>
    public Action<RateLimiterOptions, double>? ApplyToPool { get; init; }

    /// <summary>The limits of which it says how much may go at once: without one of them it has no meaning. Empty for a limit of its own.</summary>
    public IReadOnlyList<string> BurstOf { get; init; } = [];

    /// <summary>Reads its environment variable, where that has a meaning of its own.</summary>
    public CommandOption.TryRead<double?>? ReadVariable { get; init; }

    /// <summary>A value for people, and as it can be written.</summary>
    public Func<double, string> TextOf { get; init; } = static value => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A limit that is a number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static Limit Number<T>(
        string key, T least, T most, string description, Action<TargetOptions, double>? apply, Action<RateLimiterOptions, double>? applyToPool = null, IReadOnlyList<string>? burstOf = null)
        where T : struct, INumber<T> => new(key, "N", description, (string text, out double? value) =>
        {
            string? problem = CommandOption.ReadNumber(text, least, most, out T? number);
            value = number is { } found ? double.CreateChecked(found) : null;
            return problem;
        })
        {
            Apply = apply,
            ApplyToPool = applyToPool,
            BurstOf = burstOf ?? [],
        };

    /// <summary>Reads a value.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public string? Read(string text, out double? value) => read(text, out value);

    /// <summary>An option for a command.</summary>
    public Option<double?> ToOption() => CommandOption.Parsed(OptionName, helpName, description, read);
}
