using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Signals;

/// <summary>What a pipeline counts over all lanes. Written without locks; read by observers.</summary>
internal sealed class PipelineCounters(Clock clock)
{
    /// <summary>Requests let in.</summary>
    public StripedCounter Admitted { get; } = new();

    /// <summary>Requests refused before they were let in.</summary>
    public StripedCounter Refused { get; } = new();

    /// <summary>Requests answered.</summary>
    public StripedCounter Answered { get; } = new();

    /// <summary>Requests that ended in a failure.</summary>
    public StripedCounter Failed { get; } = new();

    /// <summary>Requests given up.</summary>
    public StripedCounter Cancelled { get; } = new();

    /// <summary>Errors thrown by hooks.</summary>
    public StripedCounter HookErrors { get; } = new();

    /// <summary>The time from admission to settlement.</summary>
    public LatencyHistogram Elapsed { get; } = new(clock);

    /// <summary>Counts the end of a request.</summary>
    public void CountSettled(OutcomeKind kind, int processor)
    {
        StripedCounter counter = kind switch
        {
            OutcomeKind.Answered => Answered,
            OutcomeKind.Cancelled => Cancelled,
            _ => Failed,
        };
        counter.Increment(processor);
    }
}
