namespace AiLib.Dataflow.Recovery;

/// <summary>What follows from a failed attempt: one pure function from facts to a verdict. It has no clock, no queue and no I/O.</summary>
internal static class RecoveryPolicy
{
    /// <summary>Decides.</summary>
    public static Verdict Decide(in RecoveryFacts facts, RetryPolicy retry)
    {
        if (!facts.Outcome.CanRetry())
        {
            return facts.Outcome.CanRedirect() && facts.CanRedirect ? Verdict.Redirect : Verdict.Settle(SettleReason.Final);
        }

        if (facts.RetryAfter > retry.MaxServerDelay)
        {
            return facts.Elsewhere(SettleReason.WaitTooLong);
        }

        if (facts.AttemptsOnLane >= retry.MaxAttempts)
        {
            return facts.Elsewhere(SettleReason.AttemptsUsedUp);
        }

        // A conflict has to be resolved where it arose, so it never leaves by running out of time elsewhere.
        TimeSpan delay = retry.DelayAfter(facts.AttemptsOnLane, facts.RetryAfter, facts.Jitter);
        return delay >= facts.TimeLeft ? facts.Elsewhere(SettleReason.DeadlineTooNear) : Verdict.Retry(delay);
    }
}

/// <summary>All that recovery may know.</summary>
/// <param name="Outcome">What the attempt produced; not an answer.</param>
/// <param name="AttemptsOnLane">Attempts made at this target, this one included.</param>
/// <param name="RetryAfter">How long the target asks to be left alone.</param>
/// <param name="TimeLeft">The time until the request's deadline; <see cref="TimeSpan.MaxValue"/> without one.</param>
/// <param name="CanRedirect">Whether a target is left that the request has not visited.</param>
/// <param name="Jitter">A random number, at least 0 and less than 1.</param>
internal readonly record struct RecoveryFacts(
    OutcomeKind Outcome, int AttemptsOnLane, TimeSpan? RetryAfter, TimeSpan TimeLeft, bool CanRedirect, double Jitter)
{
    /// <summary>To another target when that may help and there is one, else the end.</summary>
    public Verdict Elsewhere(SettleReason reason) => CanRedirect && Outcome.CanRedirect() ? Verdict.Redirect : Verdict.Settle(reason);
}

/// <summary>What to do with a ticket.</summary>
internal readonly record struct Verdict(VerdictKind Kind, TimeSpan Delay, SettleReason Reason)
{
    /// <summary>On to the next target.</summary>
    public static Verdict Redirect => new(VerdictKind.Redirect, default, default);

    /// <summary>The same target again, after a wait.</summary>
    public static Verdict Retry(TimeSpan delay) => new(VerdictKind.Retry, delay, default);

    /// <summary>The end.</summary>
    public static Verdict Settle(SettleReason reason) => new(VerdictKind.Settle, default, reason);
}

/// <summary>The three things that can follow.</summary>
internal enum VerdictKind
{
    Settle,
    Retry,
    Redirect,
}

/// <summary>Why a failure is the end.</summary>
internal enum SettleReason
{
    /// <summary>No further attempt would help, or none is left to make.</summary>
    Final,

    /// <summary>Every permitted attempt was made.</summary>
    AttemptsUsedUp,

    /// <summary>The target asks for a longer wait than <see cref="RetryOptions.MaxServerDelay"/>.</summary>
    WaitTooLong,

    /// <summary>The next attempt could only begin after the deadline.</summary>
    DeadlineTooNear,

    /// <summary>The target has had as many retries as its budget allows.</summary>
    BudgetSpent,
}
