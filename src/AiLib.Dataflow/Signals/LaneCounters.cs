using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Signals;

/// <summary>What one lane counts. Written by whoever moves a ticket, without locks; read by observers.</summary>
/// <param name="table">Where the pipeline counts.</param>
/// <param name="first">The lane's first column.</param>
/// <param name="clock">The clock whose units durations are counted in.</param>
internal sealed class LaneCounters(CounterTable table, int first, Clock clock)
{
    // Behind the first six counters below: the kinds of outcomes, the histogram, and what is rare.
    private const int FirstOutcome = 6;
    private const int FirstBucket = FirstOutcome + OutcomeKinds.Count;
    private const int FirstRare = FirstBucket + LatencyHistogram.Columns;

    /// <summary>How many columns a lane needs.</summary>
    public const int Columns = FirstRare + 2;

    /// <summary>Tickets that began to wait for a retry at this target.</summary>
    public Counter Delayed { get; } = new(table, first);

    /// <summary>Tickets that ended that wait.</summary>
    public Counter Released { get; } = new(table, first + 1);

    /// <summary>Attempts begun.</summary>
    public Counter Attempts { get; } = new(table, first + 2);

    /// <summary>Attempts that were not a ticket's first at this target.</summary>
    public Counter Retries { get; } = new(table, first + 3);

    /// <summary>Tickets sent on to another target.</summary>
    public Counter RedirectedAway { get; } = new(table, first + 4);

    /// <summary>Attempts that the pipeline went on without.</summary>
    public Counter Abandoned { get; } = new(table, first + 5);

    /// <summary>Hedges begun.</summary>
    public Counter Hedges { get; } = new(table, first + FirstRare);

    /// <summary>Hedges that brought the answer.</summary>
    public Counter HedgesWon { get; } = new(table, first + FirstRare + 1);

    /// <summary>How long attempts took.</summary>
    public LatencyHistogram Latency { get; } = new(table, first + FirstBucket, clock);

    /// <summary>Counts the end of an attempt.</summary>
    public void CountOutcome(OutcomeKind kind, CounterRow row) => row.Add(first + FirstOutcome + (int)kind);

    /// <summary>The ends of attempts, by kind.</summary>
    public OutcomeCounts ReadOutcomes() => new([.. Enumerable.Range(first + FirstOutcome, OutcomeKinds.Count).Select(table.Sum)]);
}
