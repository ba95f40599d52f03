namespace AiLib.Dataflow;

/// <summary>The one table that says what each <see cref="OutcomeKind"/> means for recovery, for the breaker, and in print.</summary>
public static class OutcomeKinds
{
    /// <summary>How many kinds there are; the size of a counter per kind.</summary>
    internal const int Count = 10;

    /// <summary>Whether there is such a kind: what comes from outside may be any number.</summary>
    internal static bool Exists(OutcomeKind kind) => kind is >= OutcomeKind.Answered and <= OutcomeKind.TooLarge;

    /// <summary>Whether there is such a kind, and it is one of a failure.</summary>
    internal static bool IsFailure(OutcomeKind kind) => kind is > OutcomeKind.Answered and <= OutcomeKind.TooLarge;

    private static readonly Row[] Table =
    [
        //                             retry  redirect  says of the target's health   printed as
        new(OutcomeKind.Answered, false, false, TargetHealth.Healthy, "answered"),
        new(OutcomeKind.Rejected, false, false, TargetHealth.Unknown, "rejected"),
        new(OutcomeKind.Throttled, true, true, TargetHealth.Unknown, "throttled"),
        new(OutcomeKind.Exhausted, false, true, TargetHealth.Unknown, "exhausted"),
        new(OutcomeKind.Failed, true, true, TargetHealth.Unhealthy, "failed"),
        new(OutcomeKind.Overloaded, true, true, TargetHealth.Unhealthy, "overloaded"),
        new(OutcomeKind.TimedOut, true, true, TargetHealth.Unhealthy, "timed_out"),
        new(OutcomeKind.Conflicted, true, false, TargetHealth.Unknown, "conflicted"),
        new(OutcomeKind.Cancelled, false, false, TargetHealth.Unknown, "cancelled"),
        new(OutcomeKind.TooLarge, false, true, TargetHealth.Unknown, "too_large"),
    ];

    /// <summary>Whether a further attempt at the same target may help.</summary>
    public static bool CanRetry(this OutcomeKind kind) => Table[(int)kind].Retry;

    /// <summary>Whether another target may answer where this one did not.</summary>
    public static bool CanRedirect(this OutcomeKind kind) => Table[(int)kind].Redirect;

    /// <summary>What the outcome says about the target: only 5xx, overload, time-out and network trouble are unhealthy.</summary>
    public static TargetHealth Health(this OutcomeKind kind) => Table[(int)kind].Health;

    /// <summary>The kind as it is printed in logs, metrics and reports: lower case, words joined by an underscore.</summary>
    public static string ToText(this OutcomeKind kind) => Table[(int)kind].Text;

    private readonly record struct Row(OutcomeKind Kind, bool Retry, bool Redirect, TargetHealth Health, string Text);
}

/// <summary>What an outcome says about the target that produced it.</summary>
public enum TargetHealth
{
    /// <summary>Nothing: the caller's own error, a full quota, a cancelled call. The breaker ignores it.</summary>
    Unknown,

    /// <summary>The target works. The breaker counts a success.</summary>
    Healthy,

    /// <summary>The target does not work. The breaker counts a failure.</summary>
    Unhealthy,
}
