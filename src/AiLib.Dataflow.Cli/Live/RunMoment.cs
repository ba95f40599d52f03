using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Cli.Binding;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Live;

/// <summary>All that is shown of a run at one moment. Rates are those of the last minute.</summary>
internal sealed record RunMoment
{
    /// <summary>The time since the run began.</summary>
    public required TimeSpan Time { get; init; }

    /// <summary>What the job has counted.</summary>
    public required BatchJobCounts Counts { get; init; }

    /// <summary>What the pipeline says.</summary>
    public required SignalsSnapshot Signals { get; init; }

    /// <summary>How much is done, and how long the rest takes.</summary>
    public required Forecast Forecast { get; init; }

    /// <summary>What binds; null when nothing does.</summary>
    public Bound? Bound { get; init; }

    /// <summary>What may be sent in a minute.</summary>
    public QuotaUse Quota { get; init; }

    /// <summary>Requests that got their line, a second.</summary>
    public double PerSecond { get; init; }

    /// <summary>Attempts a minute, each of which takes a request credit.</summary>
    public double AttemptsPerMinute { get; init; }

    /// <summary>LLM tokens of prompts, a second.</summary>
    public double InputTokensPerSecond { get; init; }

    /// <summary>LLM tokens of answers, a second.</summary>
    public double OutputTokensPerSecond { get; init; }

    /// <summary>Attempts a minute at each target, in their order.</summary>
    public IReadOnlyList<double> AttemptsPerMinuteAt { get; init; } = [];

    /// <summary>What all runs of the job will have cost in the end, in USD; null when that is not known.</summary>
    public decimal? ProjectedUsd { get; init; }

    /// <summary>Why the last request failed for good; null when none has.</summary>
    public string? LastFailure { get; init; }
}
