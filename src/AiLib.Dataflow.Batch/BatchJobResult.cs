namespace AiLib.Dataflow.Batch;

/// <summary>How a run of a job ended.</summary>
/// <param name="End">Whether it came to its end.</param>
/// <param name="Reason">Why it did not, as a sentence; null when it did, or was told to stop.</param>
/// <param name="Counts">What it did.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record BatchJobResult(BatchJobEnd End, string? Reason, BatchJobCounts Counts, TimeSpan Elapsed)
{
    /// <summary>Targets that asked to be left alone for longer than is waited for, the first that is there again first.</summary>
    public IReadOnlyList<ExhaustedTarget> Exhausted { get; init; } = [];
}

/// <summary>The ways a run can end. After all but the first, running the job again continues it.</summary>
public enum BatchJobEnd
{
    /// <summary>Every line has its result or its error.</summary>
    Completed,

    /// <summary>It was told to stop.</summary>
    Interrupted,

    /// <summary>It stopped by itself: no usable target, or a file that cannot be read or written.</summary>
    StoppedEarly,
}
