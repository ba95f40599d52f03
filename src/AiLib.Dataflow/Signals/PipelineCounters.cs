using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Signals;

/// <summary>What a pipeline counts over all lanes, and the table in which it and they do. Written without locks; read by observers.</summary>
internal sealed class PipelineCounters
{
    // Behind the eight counters below: the histogram, then the lanes, then what is rare.
    private const int FirstBucket = 8;
    private const int FirstOfLanes = FirstBucket + LatencyHistogram.Columns;

    private readonly CounterTable _table;
    private readonly Clock _clock;

    /// <summary>Creates the counters of a pipeline.</summary>
    /// <param name="clock">The clock whose units durations are counted in.</param>
    /// <param name="lanes">How many lanes count too.</param>
    public PipelineCounters(Clock clock, int lanes)
    {
        _clock = clock;
        _table = new CounterTable(FirstOfLanes + (lanes * LaneCounters.Columns) + 1);
        Entered = new Counter(_table, 0);
        Left = new Counter(_table, 1);
        Admitted = new Counter(_table, 2);
        Refused = new Counter(_table, 3);
        Answered = new Counter(_table, 4);
        Failed = new Counter(_table, 5);
        Cancelled = new Counter(_table, 6);
        HookErrors = new Counter(_table, 7);
        Elapsed = new LatencyHistogram(_table, FirstBucket, clock);
        HedgesEnded = new Counter(_table, FirstOfLanes + (lanes * LaneCounters.Columns));
    }

    /// <summary>A thread's own counters, those of the lanes included.</summary>
    public CounterRow Of(ThisThread thread) => _table.Of(thread);

    /// <summary>Tickets taken out of a door, those included that went straight back because the pipeline stops.</summary>
    public Counter Entered { get; }

    /// <summary>Those among them whose callers were told.</summary>
    public Counter Left { get; }

    /// <summary>Requests let in.</summary>
    public Counter Admitted { get; }

    /// <summary>Requests refused before they were let in.</summary>
    public Counter Refused { get; }

    /// <summary>Requests answered.</summary>
    public Counter Answered { get; }

    /// <summary>Requests that ended in a failure.</summary>
    public Counter Failed { get; }

    /// <summary>Requests given up.</summary>
    public Counter Cancelled { get; }

    /// <summary>Errors thrown by hooks.</summary>
    public Counter HookErrors { get; }

    /// <summary>Hedges that have ended, or first tickets whose hedges went on for them: one for each hedge, when one of the two comes home that does not count as the call.</summary>
    public Counter HedgesEnded { get; }

    /// <summary>The time from admission to settlement.</summary>
    public LatencyHistogram Elapsed { get; }

    /// <summary>The counters of a lane.</summary>
    public LaneCounters OfLane(int index) => new(_table, FirstOfLanes + (index * LaneCounters.Columns), _clock);

    /// <summary>Counts the end of a request.</summary>
    public void CountSettled(OutcomeKind kind, CounterRow row)
    {
        Counter counter = kind switch
        {
            OutcomeKind.Answered => Answered,
            OutcomeKind.Cancelled => Cancelled,
            _ => Failed,
        };
        counter.Increment(row);
    }
}
