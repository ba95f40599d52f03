using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>What a run had counted by one moment. All of it only grows, so samples between two others can be dropped: resolution is lost and nothing else.</summary>
internal readonly record struct RunSample
{
    /// <summary>The time since the run began.</summary>
    public TimeSpan Time { get; init; }

    public long Answered { get; init; }

    public long Failed { get; init; }

    public long Attempts { get; init; }

    public long Retries { get; init; }

    public long Redirects { get; init; }

    /// <summary>Attempts that were told to come back later: 429s.</summary>
    public long Throttled { get; init; }

    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    /// <summary>How long requests have been at each place, summed over the requests.</summary>
    public StageSeconds Stages { get; init; }

    /// <summary>The limit in flight, summed over time; what there was no limit for adds nothing.</summary>
    public double LimitSeconds { get; init; }

    /// <summary>What the attempts cost, in USD; 0 where no price is known.</summary>
    public decimal CostUsd { get; init; }

    /// <summary>What bound, and for how long.</summary>
    public ConstraintTimes Constraints { get; init; }

    /// <summary>How long attempts took.</summary>
    public LatencyDistribution? Latency { get; init; }
}

/// <summary>Request-seconds at each place where a request of a batch can be. Divided by a time they are how many were there on average.</summary>
/// <param name="Waiting">Waiting for credits, a permit or a circuit.</param>
/// <param name="InFlight">Being attempted.</param>
/// <param name="Delayed">Waiting for the time of a retry.</param>
/// <param name="Settling">Answered, and not yet written.</param>
internal readonly record struct StageSeconds(double Waiting, double InFlight, double Delayed, double Settling)
{
    public double Total => Waiting + InFlight + Delayed + Settling;

    public static StageSeconds operator +(StageSeconds left, StageSeconds right) =>
        new(left.Waiting + right.Waiting, left.InFlight + right.InFlight, left.Delayed + right.Delayed, left.Settling + right.Settling);

    public static StageSeconds operator -(StageSeconds left, StageSeconds right) =>
        new(left.Waiting - right.Waiting, left.InFlight - right.InFlight, left.Delayed - right.Delayed, left.Settling - right.Settling);

    public static StageSeconds operator *(StageSeconds stages, double factor) =>
        new(stages.Waiting * factor, stages.InFlight * factor, stages.Delayed * factor, stages.Settling * factor);
}
