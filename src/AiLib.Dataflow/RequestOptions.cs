namespace AiLib.Dataflow;

/// <summary>What one request wants that others may not.</summary>
/// <remarks>A value; <c>default</c> means: costs nothing but one request credit, no deadline, starts at the first target, retries before new work.</remarks>
public readonly record struct RequestOptions
{
    // Copied with every request, so each setting takes what it needs: a byte for a choice, where zero is the default.
    private readonly long _cost;
    private readonly TimeSpan _deadline;

    // One more than the output tokens of the cost, 0 where they are not known: a whole number would make every request larger.
    private readonly uint _output;
    private readonly bool _hasDeadline;
    private readonly byte _retryPriority;
    private readonly byte _whenUnavailable;

    /// <summary>The estimated cost in LLM tokens, input and output together, charged against token limits at each attempt. Default: 0.</summary>
    public long Cost
    {
        get => _cost;
        init => (_cost, _output) = (value, 0);
    }

    /// <summary>
    /// The same with input and output apart, for limits on either; of <see cref="Cost"/> and this the one that is set last counts. Up to 4,294,967,294 tokens of output; more
    /// count as input. Default: 0.
    /// </summary>
    public TokenCost TokenCost
    {
        get => TokenCost.Unpack(_cost, _output);
        init => (_cost, _output) = (value.Total, (uint)Math.Min(value.Packed, uint.MaxValue));
    }

    /// <summary>How long the request may take from the call on, all waits and attempts included; null for no limit. No attempt starts after it. Default: none.</summary>
    public TimeSpan? Deadline
    {
        get => _hasDeadline ? _deadline : null;
        init => (_hasDeadline, _deadline) = (value.HasValue, value.GetValueOrDefault());
    }

    /// <summary>Where a waiting retry of this request queues up. Default: before new work.</summary>
    public RetryPriority RetryPriority
    {
        get => (RetryPriority)_retryPriority;
        init => _retryPriority = (byte)value;
    }

    /// <summary>The id of the target to start at; null for what the pipeline's route says, else the first. Default: none.</summary>
    public string? Target { get; init; }

    /// <summary>Whether only the target it starts at may answer the request. Default: no, others follow in fallback order.</summary>
    public bool StaysOnTarget { get; init; }

    /// <summary>Whether a call never gets a hedge, whatever <see cref="PipelineOptions.Hedging"/> says: for what must not be asked twice at once. Default: no, it may.</summary>
    public bool WithoutHedging { get; init; }

    /// <summary>What to do while no target can take the request. Default: what the face says, <see cref="Unavailability.Refuse"/> for a call, <see cref="Unavailability.Hold"/> for a stream.</summary>
    public Unavailability? WhenUnavailable
    {
        get => _whenUnavailable == 0 ? null : (Unavailability)(_whenUnavailable - 1);
        init => _whenUnavailable = value is { } choice ? (byte)(choice + 1) : (byte)0;
    }
}

/// <summary>Where a due retry queues up in its lane.</summary>
public enum RetryPriority
{
    /// <summary>Before requests that have not been tried yet, oldest first: work that was begun is finished.</summary>
    BeforeNewWork,

    /// <summary>At the end, behind the requests that wait already.</summary>
    BehindNewWork,
}

/// <summary>What happens to a request while every target it may use is known to be unable to take it: circuit open, or cooled for a known time.</summary>
public enum Unavailability
{
    /// <summary>It waits in the pipeline, which closes its door in turn: right for a batch.</summary>
    Hold,

    /// <summary>It is refused at once with the time until a target can: right for a call.</summary>
    Refuse,
}
