using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Signals;

/// <summary>The state of a pipeline at one moment, in total and per target. A value: it does not change after it was taken.</summary>
/// <remarks>
/// Taken without stopping anyone, so under load the numbers may be apart by as many requests as there are threads moving them. Counters never go back.
/// At rest <see cref="Admitted"/> = <see cref="Answered"/> + <see cref="Failed"/> + <see cref="Cancelled"/>. A call counts once there, with or without a hedge.
/// </remarks>
public sealed record SignalsSnapshot
{
    /// <summary>When it was taken.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The best state among the targets: closed while at least one target lets requests through.</summary>
    public required CircuitState CircuitState { get; init; }

    /// <summary>Attempts in flight.</summary>
    public required int CurrentInflight { get; init; }

    /// <summary>Requests that could start now by the rate limits, summed over the targets; null when a target has no limit.</summary>
    public required long? RateRemaining { get; init; }

    /// <summary>Requests let in.</summary>
    public required long Admitted { get; init; }

    /// <summary>Requests answered.</summary>
    public required long Answered { get; init; }

    /// <summary>Requests that ended in a failure.</summary>
    public required long Failed { get; init; }

    /// <summary>Requests given up by their caller or by the end of the pipeline.</summary>
    public required long Cancelled { get; init; }

    /// <summary>Requests refused before they were let in.</summary>
    public required long Refused { get; init; }

    /// <summary>Errors thrown by hooks and by callbacks on a token, which were dropped.</summary>
    public required long HookErrors { get; init; }

    /// <summary>Where the requests are that have no answer yet, and the answers that nobody has taken.</summary>
    public required StageDepths Depths { get; init; }

    /// <summary>Attempts made, over all targets.</summary>
    public required long Attempts { get; init; }

    /// <summary>Further attempts at the same target.</summary>
    public required long Retries { get; init; }

    /// <summary>Moves to another target.</summary>
    public required long Redirects { get; init; }

    /// <summary>Hedges begun: second attempts at calls, counted in <see cref="Attempts"/> as well.</summary>
    public long Hedges { get; init; }

    /// <summary>Hedges among them that brought their call's answer.</summary>
    public long HedgesWon { get; init; }

    /// <summary>Hedges that were not made because there had been too few calls for one more, by <see cref="HedgingOptions.MaxShare"/>.</summary>
    public long HedgesOverBudget { get; init; }

    /// <summary>Calls that are inside twice, with a hedge beside their own attempt or with the one of the two that has lost; <see cref="Depths"/> shows both.</summary>
    public long CurrentHedges { get; init; }

    /// <summary>The time from admission to settlement.</summary>
    public required LatencyQuantiles Elapsed { get; init; }

    /// <summary>From 0, nothing gets through, to 1, all is well: the best target's score.</summary>
    public required double HealthScore { get; init; }

    /// <summary>What bound the pipeline as a whole, and for how long, since it was built.</summary>
    public ConstraintTimes Constraints => ConstraintsSince(earlier: null);

    /// <summary>The targets in fallback order.</summary>
    public required IReadOnlyList<TargetSignals> Targets { get; init; }

    /// <summary>What bound the pipeline as a whole, and for how long, since an earlier snapshot.</summary>
    /// <param name="earlier">An earlier snapshot of the same pipeline; null for the time since it was built.</param>
    public ConstraintTimes ConstraintsSince(SignalsSnapshot? earlier) => ConstraintTimes.Of(
        [.. Targets.Select((target, index) => target.Constraints.Since(earlier is null ? default : earlier.Targets[index].Constraints))]);
}

/// <summary>The state of one target at one moment.</summary>
public sealed record TargetSignals
{
    /// <summary>The id of the target.</summary>
    public required string Target { get; init; }

    /// <summary>The pool that it is a member of; null for none. Where the requests of a pool are is told at its first member, but for what waits or runs at each.</summary>
    public string? Pool { get; init; }

    /// <summary>How long it is still parked because its key was refused or its quota is used up; null when it is not, <see cref="TimeSpan.MaxValue"/> for as long as the pipeline runs.</summary>
    public TimeSpan? ParkedFor { get; init; }

    /// <summary>The state of its circuit.</summary>
    public required CircuitState CircuitState { get; init; }

    /// <summary>How long it is still left alone because it asked for it; zero when it is not.</summary>
    public required TimeSpan CooledFor { get; init; }

    /// <summary>Attempts in flight.</summary>
    public required int CurrentInflight { get; init; }

    /// <summary>The in-flight limit; 0 means none.</summary>
    public required int MaxInflight { get; init; }

    /// <summary>Requests that could start now by the rate limit; null without one.</summary>
    public required long? RateRemaining { get; init; }

    /// <summary>LLM tokens that could be spent now; null without a limit.</summary>
    public required long? TokensRemaining { get; init; }

    /// <summary>LLM tokens of prompts that could be spent now; null when they are not limited on their own.</summary>
    public long? InputTokensRemaining { get; init; }

    /// <summary>LLM tokens of answers that could be spent now; null when they are not limited on their own.</summary>
    public long? OutputTokensRemaining { get; init; }

    /// <summary>Requests a minute by the rate limit in force, configured or learned, less the headroom; null without one.</summary>
    public double? RequestLimitPerMinute { get; init; }

    /// <summary>LLM tokens a minute by the limit in force, configured or learned, less the headroom; null without one.</summary>
    public double? TokenLimitPerMinute { get; init; }

    /// <summary>Where the requests of this target are.</summary>
    public required StageDepths Depths { get; init; }

    /// <summary>Attempts begun.</summary>
    public required long Attempts { get; init; }

    /// <summary>Attempts among them that were not the first at this target.</summary>
    public required long Retries { get; init; }

    /// <summary>Hedges begun at this target, counted in <see cref="Attempts"/> as well.</summary>
    public long Hedges { get; init; }

    /// <summary>Hedges among them that brought their call's answer.</summary>
    public long HedgesWon { get; init; }

    /// <summary>Requests that were sent on to another target.</summary>
    public required long RedirectedAway { get; init; }

    /// <summary>Attempts whose endpoint did not even react to cancellation, so that the pipeline went on without it.</summary>
    public required long Abandoned { get; init; }

    /// <summary>Retries that were not made because the target's retry budget was spent.</summary>
    public required long RetriesOverBudget { get; init; }

    /// <summary>What bound this target, and for how long, since the pipeline was built; <see cref="ConstraintTimes.Since"/> gives the time between two snapshots.</summary>
    public ConstraintTimes Constraints { get; init; }

    /// <summary>How the attempts ended.</summary>
    public required OutcomeCounts Outcomes { get; init; }

    /// <summary>How long attempts took.</summary>
    public required LatencyQuantiles Latency { get; init; }

    /// <summary>The same as counts, which can be subtracted from those of a later snapshot and added to those of another target. Default: none.</summary>
    public LatencyDistribution? LatencyDistribution { get; init; }

    /// <summary>From 0 to 1: 0 with an open circuit, else the share of successes in the breaker's window, halved while it probes.</summary>
    public required double HealthScore { get; init; }
}
