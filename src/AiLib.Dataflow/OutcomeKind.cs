namespace AiLib.Dataflow;

/// <summary>What one attempt produced, in the only words that recovery, breaker and limiter understand.</summary>
/// <remarks>
/// The meaning of each member is fixed by one table, <see cref="OutcomeKinds"/>. A class of error decides; an HTTP status never overrides it.
/// </remarks>
public enum OutcomeKind
{
    /// <summary>The target answered. The request is done.</summary>
    Answered,

    /// <summary>The request itself is at fault; no target and no second attempt would answer it.</summary>
    Rejected,

    /// <summary>The target is healthy and has no room now: wait, then try it again, or go to another.</summary>
    Throttled,

    /// <summary>This target cannot take this request at all for now (quota, billing, key); another one may.</summary>
    Exhausted,

    /// <summary>The target or the way to it failed: server error, refused or reset connection, damaged answer.</summary>
    Failed,

    /// <summary>The target says that it is overloaded.</summary>
    Overloaded,

    /// <summary>No answer within the attempt's time.</summary>
    TimedOut,

    /// <summary>The target is in conflict with an earlier attempt; only the same target can resolve it.</summary>
    Conflicted,

    /// <summary>The caller, or the end of the pipeline, gave the request up.</summary>
    Cancelled,

    /// <summary>The request costs more than this target ever takes at once; one with a larger limit may take it.</summary>
    TooLarge,
}
