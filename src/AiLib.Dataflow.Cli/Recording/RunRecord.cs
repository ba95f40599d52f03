using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>One run of a job as it is remembered beside the results. No key, and nothing that a request or an answer says, is in it but messages of errors.</summary>
internal sealed record RunRecord
{
    /// <summary>What <see cref="End"/> says of a run that is under way, or was killed.</summary>
    public const string Running = "running";

    /// <summary>When it began.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>How long it took, or has taken so far.</summary>
    public required double Seconds { get; init; }

    /// <summary>How it ended: <c>running</c>, or as in the summary of <c>--json</c>.</summary>
    public required string End { get; init; }

    /// <summary>Why it ended early; null when it did not.</summary>
    public string? Reason { get; init; }

    /// <summary>The file of the requests.</summary>
    public required string Input { get; init; }

    /// <summary>The files that it wrote.</summary>
    public required string Results { get; init; }

    public required string Errors { get; init; }

    /// <summary>Whether it began the job again from nothing.</summary>
    public bool Fresh { get; init; }

    public long Answered { get; init; }

    public long Failed { get; init; }

    public long BadLines { get; init; }

    public long AlreadyDone { get; init; }

    public long AlreadyFailed { get; init; }

    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    public long Attempts { get; init; }

    public long Retries { get; init; }

    public long Redirects { get; init; }

    /// <summary>The time from reading a request to its end.</summary>
    public LatencyRecord Elapsed { get; init; } = new(0, 0, 0, 0, 0, 0);

    /// <summary>How long requests were at each place, summed over the requests, in seconds.</summary>
    public StageSeconds Stages { get; init; }

    /// <summary>What bound, and for how long: where the time of the run went. All zero in records of before this was kept.</summary>
    public ConstraintTimes Constraints { get; init; }

    /// <summary>What it cost; null where no price is known.</summary>
    public SpendRecord? Spend { get; init; }

    /// <summary>What was asked for, by the names of the command line. Keys never.</summary>
    public IReadOnlyList<SettingRecord> Settings { get; init; } = [];

    public IReadOnlyList<TargetRecord> Targets { get; init; } = [];

    /// <summary>What happened over time; empty in runs that are not the last, of which only the totals are kept.</summary>
    public IReadOnlyList<RunPoint> Points { get; init; } = [];
}

/// <summary>A setting of a run.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Value">What it was.</param>
internal sealed record SettingRecord(string Name, string Value);

/// <summary>Durations in milliseconds.</summary>
internal sealed record LatencyRecord(long Count, double P50, double P90, double P99, double P999, double Longest)
{
    public static LatencyRecord Of(LatencyQuantiles quantiles) => new(
        quantiles.Count,
        quantiles.P50.TotalMilliseconds,
        quantiles.P90.TotalMilliseconds,
        quantiles.P99.TotalMilliseconds,
        quantiles.P999.TotalMilliseconds,
        quantiles.Longest.TotalMilliseconds);
}

/// <summary>What a run did at one target.</summary>
internal sealed record TargetRecord
{
    public required string Target { get; init; }

    public required string Circuit { get; init; }

    public long Attempts { get; init; }

    public long Retries { get; init; }

    public long RedirectedAway { get; init; }

    /// <summary>How many attempts ended in which way, those that none did left out.</summary>
    public IReadOnlyDictionary<string, long> Outcomes { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    public LatencyRecord Latency { get; init; } = new(0, 0, 0, 0, 0, 0);

    /// <summary>What bound it, and for how long.</summary>
    public ConstraintTimes Constraints { get; init; }

    public static TargetRecord Of(TargetSignals target) => new()
    {
        Target = target.Target,
        Circuit = target.CircuitState.ToText(),
        Attempts = target.Attempts,
        Retries = target.Retries,
        RedirectedAway = target.RedirectedAway,
        Outcomes = Enum.GetValues<OutcomeKind>().Where(kind => target.Outcomes[kind] > 0)
            .ToDictionary(kind => kind.ToText(), kind => target.Outcomes[kind], StringComparer.Ordinal),
        Latency = LatencyRecord.Of(target.Latency),
        Constraints = target.Constraints,
    };
}
