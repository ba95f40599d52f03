using AiLib.Dataflow.Cli.Targets;

namespace AiLib.Dataflow.Cli.Binding;

/// <summary>The limits that somebody asked for, at one target or one pool of keys, with what each is called where it was asked for.</summary>
internal sealed record AskedLimits
{
    /// <summary>The name of the target, or of the pool.</summary>
    public required string Place { get; init; }

    /// <summary>How many keys share the work.</summary>
    public int Keys { get; init; } = 1;

    /// <summary>Requests a minute.</summary>
    public IReadOnlyList<AskedLimit> Requests { get; init; } = [];

    /// <summary>LLM tokens a minute.</summary>
    public IReadOnlyList<AskedLimit> Tokens { get; init; } = [];

    /// <summary>LLM tokens of prompts a minute.</summary>
    public IReadOnlyList<AskedLimit> InputTokens { get; init; } = [];

    /// <summary>LLM tokens of answers a minute.</summary>
    public IReadOnlyList<AskedLimit> OutputTokens { get; init; } = [];

    /// <summary>What a fixed limit in flight is called; null where it finds itself.</summary>
    public string? InFlight { get; init; }

    /// <summary>What was asked for each target and pool.</summary>
    public static IReadOnlyList<AskedLimits> Of(IReadOnlyList<Target> targets) =>
    [
        .. targets.GroupBy(target => target.Pool ?? target.Id, StringComparer.Ordinal).Select(static place =>
        {
            IReadOnlyList<LimitSetting> limits = place.First().Plan.Limits;
            return new AskedLimits
            {
                Place = place.Key,
                Keys = place.Count(),
                Requests = [.. Asked(limits, "rps", perMinute: 60), .. Asked(limits, "rpm"), .. Asked(limits, "pool_rpm")],
                Tokens = [.. Asked(limits, "tpm"), .. Asked(limits, "pool_tpm")],
                InputTokens = [.. Asked(limits, "itpm")],
                OutputTokens = [.. Asked(limits, "otpm")],
                InFlight = limits.FirstOrDefault(limit => limit.Limit == LimitTable.MaxInflight && limit.Said.Value is not (LimitTable.Auto or LimitTable.Unlimited)) is { } fixedOne ? NameOf(fixedOne) : null,
            };
        }),
    ];

    /// <summary>The one that lets the fewest through at each key; null when none was asked for.</summary>
    public AskedLimit? Slowest(IReadOnlyList<AskedLimit> limits) => limits.MinBy(PerKey);

    /// <summary>How much of a limit falls to each key.</summary>
    public double PerKey(AskedLimit limit) => limit.IsShared ? limit.PerMinute / Keys : limit.PerMinute;

    private static IEnumerable<AskedLimit> Asked(IReadOnlyList<LimitSetting> limits, string key, double perMinute = 1) =>
        limits.Where(limit => limit.Limit.Key == key).Select(limit => new AskedLimit(NameOf(limit), perMinute * limit.Said.Value, limit.Limit.ApplyToPool is not null));

    // An option or a variable says it all; a place in a file does not say what stands there.
    private static string NameOf(LimitSetting limit) => limit.Said.Source.StartsWith("--", StringComparison.Ordinal) || limit.Said.Source.StartsWith("AI_LIB_", StringComparison.Ordinal)
        ? limit.Said.Source
        : $"{limit.Limit.Key} ({limit.Said.Source})";
}

/// <summary>A limit over time that somebody asked for.</summary>
/// <param name="Name">The option, variable or place in a file that said it.</param>
/// <param name="PerMinute">How much a minute brings.</param>
/// <param name="IsShared">Whether it is for all keys of a pool together.</param>
internal sealed record AskedLimit(string Name, double PerMinute, bool IsShared = false);
