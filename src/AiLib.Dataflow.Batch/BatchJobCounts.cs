namespace AiLib.Dataflow.Batch;

/// <summary>How far a job is. A value; each number is right, and they may be apart by what was written between two of them.</summary>
public readonly record struct BatchJobCounts
{
    /// <summary>Lines read that are not blank.</summary>
    public long LinesRead { get; init; }

    /// <summary>Bytes read.</summary>
    public long BytesRead { get; init; }

    /// <summary>Bytes of the input in all; 0 when that cannot be known.</summary>
    public long InputBytes { get; init; }

    /// <summary>Requests that this run got answered and wrote.</summary>
    public long Answered { get; init; }

    /// <summary>Requests that failed in this run and were written as errors.</summary>
    public long Failed { get; init; }

    /// <summary>Input lines that are no requests, written as errors in this run.</summary>
    public long BadLines { get; init; }

    /// <summary>LLM tokens of the prompts that this run got answered, as the providers counted them; those that said nothing count as none.</summary>
    public long InputTokens { get; init; }

    /// <summary>LLM tokens of the answers of this run, as the providers counted them.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Lines that an earlier run has answered or failed, which were skipped.</summary>
    public long AlreadyDone { get; init; }

    /// <summary>Lines in the errors file from earlier runs, which stand.</summary>
    public long AlreadyFailed { get; init; }

    /// <summary>Requests that wait, outside of the pipeline, until a target takes requests again; see <see cref="BatchJobOptions.WaitForQuota"/>.</summary>
    public long Parked { get; init; }

    /// <summary>Until when the run waits for that; null when it does not wait.</summary>
    public DateTimeOffset? WaitsUntil { get; init; }

    /// <summary>What it has cost, as far as is known; null when no target has a price.</summary>
    public BatchSpend? Spend { get; init; }
}
