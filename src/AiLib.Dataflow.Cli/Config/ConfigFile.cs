using System.CommandLine;

namespace AiLib.Dataflow.Cli.Config;

/// <summary>A configuration file: targets with their limits and prices, their order, and what a run does where nobody says otherwise.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="IsNamed">Whether somebody named it; else it was found in the working directory, and may be anybody's.</param>
internal sealed record ConfigFile(string Name, bool IsNamed)
{
    /// <summary>The file in the working directory that is read when none is named.</summary>
    public const string DefaultName = "ailib.json";

    /// <summary>Names a file, as <c>--config</c> does.</summary>
    public const string Variable = "AI_LIB_CONFIG";

    /// <summary>The targets in the order in which they stand.</summary>
    public IReadOnlyList<ConfigTarget> Targets { get; init; } = [];

    /// <summary>Where they stand.</summary>
    public int TargetsLine { get; init; } = 1;

    /// <summary>The names of those that a run asks, in their order; null for all of them as they stand.</summary>
    public Located<IReadOnlyList<string>>? Fallback { get; init; }

    /// <summary>What options say that are not given, each as it would be written on a command line, by the name of the option.</summary>
    public IReadOnlyDictionary<string, Located<string>> Defaults { get; init; } = new Dictionary<string, Located<string>>(StringComparer.Ordinal);

    /// <summary>Reads the file that is to be used.</summary>
    /// <param name="named">What the command line says.</param>
    /// <param name="allowsSharedDirectory">Whether it may lie where others can replace it, or belong to another user.</param>
    /// <param name="options">The options that it may have defaults for.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ConfigurationException">It cannot be read, or something in it is wrong.</exception>
    public static ConfigFile? Load(string? named, bool allowsSharedDirectory, IReadOnlyList<Option> options, Func<string, string?> environment)
    {
        string? name = named ?? (environment(Variable) is { Length: > 0 } variable ? variable : null);
        if (name is null && !Path.Exists(DefaultName))
        {
            return null;
        }

        string source = named is not null ? "--config " : name is not null ? $"{Variable}: " : "";
        byte[] bytes = ConfigPlace.Read(name ?? DefaultName, source, isNamed: name is not null, allowsSharedDirectory);
        return Parse(bytes, name ?? DefaultName, isNamed: name is not null, options);
    }

    /// <summary>Reads the contents of a file.</summary>
    /// <exception cref="ConfigurationException">Something in it is wrong; all of it is said.</exception>
    public static ConfigFile Parse(ReadOnlySpan<byte> bytes, string name, bool isNamed, IReadOnlyList<Option> options)
    {
        ConfigProblems problems = new(name);
        ConfigFile file = new(name, isNamed);
        if (ConfigParser.Parse(bytes, problems) is { } root)
        {
            file = file.With(root, problems, options);
        }

        problems.Throw();
        return file;
    }

    /// <summary>Where a value stands.</summary>
    public string At(int line) => FormattableString.Invariant($"{Name}:{line}");

    private ConfigFile With(ConfigNode root, ConfigProblems problems, IReadOnlyList<Option> options)
    {
        ConfigObject file = new(root, problems, "targets", "fallback", "defaults");
        ConfigKeys.Refuse(root, problems);
        ConfigFile read = this with
        {
            Targets = file.Find("targets") is { } targets ? ConfigTargets.Read(targets, problems) : [],
            TargetsLine = file.Find("targets")?.Line ?? 1,
            Fallback = file.Texts("fallback"),
            Defaults = file.Find("defaults") is { } defaults ? ConfigDefaults.Read(defaults, options, problems) : Defaults,
        };
        foreach (string unknown in read.Fallback?.Value.Except(read.Targets.Select(target => target.Name), StringComparer.Ordinal) ?? [])
        {
            problems.Add(read.Fallback!.Line, "fallback", $"there is no target '{unknown}' in \"targets\"; there are {Names(read.Targets)}");
        }

        return read;
    }

    private static string Names(IReadOnlyList<ConfigTarget> targets) => targets.Count == 0 ? "none" : string.Join(", ", targets.Select(target => target.Name));
}
