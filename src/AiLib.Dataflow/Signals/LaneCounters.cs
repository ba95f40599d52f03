using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Signals;

/// <summary>What one lane counts. Written by whoever moves a ticket, without locks; read by observers.</summary>
internal sealed class LaneCounters(Clock clock)
{
    private readonly StripedCounter[] _outcomes = [.. Enumerable.Range(0, OutcomeKinds.Count).Select(_ => new StripedCounter())];

    /// <summary>Tickets that began to wait for a retry at this target.</summary>
    public StripedCounter Delayed { get; } = new();

    /// <summary>Tickets that ended that wait.</summary>
    public StripedCounter Released { get; } = new();

    /// <summary>Attempts begun.</summary>
    public StripedCounter Attempts { get; } = new();

    /// <summary>Attempts that were not a ticket's first at this target.</summary>
    public StripedCounter Retries { get; } = new();

    /// <summary>Tickets sent on to another target.</summary>
    public StripedCounter RedirectedAway { get; } = new();

    /// <summary>Attempts that the pipeline went on without.</summary>
    public StripedCounter Abandoned { get; } = new();

    /// <summary>How long attempts took.</summary>
    public LatencyHistogram Latency { get; } = new(clock);

    /// <summary>Counts the end of an attempt.</summary>
    public void CountOutcome(OutcomeKind kind, int processor) => _outcomes[(int)kind].Increment(processor);

    /// <summary>The ends of attempts, by kind.</summary>
    public OutcomeCounts ReadOutcomes() => new([.. _outcomes.Select(counter => counter.Value)]);
}
