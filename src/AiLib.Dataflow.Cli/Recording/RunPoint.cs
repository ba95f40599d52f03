using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>What happened in a run between two moments.</summary>
internal readonly record struct RunPoint
{
    /// <summary>When it ends, in seconds since the run began.</summary>
    public double End { get; init; }

    /// <summary>How long it is, in seconds.</summary>
    public double Seconds { get; init; }

    public long Answered { get; init; }

    public long Failed { get; init; }

    public long Attempts { get; init; }

    public long Retries { get; init; }

    public long Redirects { get; init; }

    public long Throttled { get; init; }

    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    /// <summary>What the attempts cost that ended here, in USD.</summary>
    public double CostUsd { get; init; }

    /// <summary>What bound here, and for how long.</summary>
    public ConstraintTimes Constraints { get; init; }

    /// <summary>How many requests were at each place on average.</summary>
    public StageSeconds Stages { get; init; }

    /// <summary>The limit in flight on average; 0 for none.</summary>
    public double Limit { get; init; }

    /// <summary>How long half of the attempts took at most that ended here, in milliseconds; null when none did.</summary>
    public double? P50 { get; init; }

    public double? P90 { get; init; }

    public double? P99 { get; init; }

    /// <summary>What happened from one sample to a later one.</summary>
    public static RunPoint Between(RunSample from, RunSample to)
    {
        double seconds = (to.Time - from.Time).TotalSeconds;
        double perSecond = seconds > 0 ? 1 / seconds : 0;
        LatencyQuantiles latency = to.Latency?.Since(from.Latency).Quantiles ?? default;
        return new RunPoint
        {
            End = to.Time.TotalSeconds,
            Seconds = seconds,
            Answered = to.Answered - from.Answered,
            Failed = to.Failed - from.Failed,
            Attempts = to.Attempts - from.Attempts,
            Retries = to.Retries - from.Retries,
            Redirects = to.Redirects - from.Redirects,
            Throttled = to.Throttled - from.Throttled,
            InputTokens = to.InputTokens - from.InputTokens,
            OutputTokens = to.OutputTokens - from.OutputTokens,
            CostUsd = (double)(to.CostUsd - from.CostUsd),
            Constraints = to.Constraints.Since(from.Constraints),
            Stages = (to.Stages - from.Stages) * perSecond,
            Limit = (to.LimitSeconds - from.LimitSeconds) * perSecond,
            P50 = latency.Count > 0 ? latency.P50.TotalMilliseconds : null,
            P90 = latency.Count > 0 ? latency.P90.TotalMilliseconds : null,
            P99 = latency.Count > 0 ? latency.P99.TotalMilliseconds : null,
        };
    }
}
