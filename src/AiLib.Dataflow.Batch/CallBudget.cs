using AiLib.Dataflow.Batch.Running;

namespace AiLib.Dataflow.Batch;

/// <summary>Says of each attempt whether it may begin: not when the job stops, and not beyond the most that it may make.</summary>
/// <remarks>Thread-safe. What was refused has no line and runs again when the job is continued.</remarks>
internal sealed class CallBudget(JobStop stop, long? most)
{
    private readonly CancellationToken _stop = stop.Stop;
    private long _begun;

    /// <summary>Counts an attempt, if it may begin.</summary>
    public bool TryBegin()
    {
        if (_stop.IsCancellationRequested)
        {
            return false;
        }

        if (most is null || Interlocked.Increment(ref _begun) <= most)
        {
            return true;
        }

        stop.StopBecause(FormattableString.Invariant($"{most:N0} calls were made, and no more are allowed (--max-calls)."));
        return false;
    }
}
