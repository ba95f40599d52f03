using AiLib.Dataflow.Recovery;

namespace AiLib.Dataflow.Tests.Recovery;

public sealed class RecoveryPolicyTests
{
    private static readonly TimeSpan Never = TimeSpan.MaxValue;

    // Four attempts in all, waits of 1, 2 and 4 s, server waits of up to 120 s.
    private static readonly RetryPolicy Policy = new(new RetryOptions { Jitter = Jitter.None }, new TestTime());

    public static TheoryData<string, OutcomeKind, int, double?, double?, bool, string> Rows => new()
    {
        // sentence, outcome, attempts on the lane, retry-after, time left, is a target left, verdict
        { "A server error is tried again after the backoff.", OutcomeKind.Failed, 1, null, null, true, "Retry 1" },
        { "The second failure waits twice as long.", OutcomeKind.Failed, 2, null, null, true, "Retry 2" },
        { "An overload is tried again.", OutcomeKind.Overloaded, 3, null, null, false, "Retry 4" },
        { "A time-out is tried again.", OutcomeKind.TimedOut, 1, null, null, false, "Retry 1" },
        { "A throttled request waits as long as it was told.", OutcomeKind.Throttled, 1, 7.0, null, true, "Retry 7" },
        { "A wait of zero says nothing, so the backoff counts.", OutcomeKind.Throttled, 1, 0.0, null, true, "Retry 1" },
        { "A wait of exactly the cap is honoured.", OutcomeKind.Throttled, 1, 120.0, null, true, "Retry 120" },
        { "A longer wait sends the request elsewhere.", OutcomeKind.Throttled, 1, 120.001, null, true, "Redirect" },
        { "A longer wait with nowhere to go is the end.", OutcomeKind.Throttled, 1, 86_400.0, null, false, "Settle WaitTooLong" },
        { "After the last permitted attempt the request goes elsewhere.", OutcomeKind.Failed, 4, null, null, true, "Redirect" },
        { "After the last permitted attempt with nowhere to go it ends.", OutcomeKind.Failed, 4, null, null, false, "Settle AttemptsUsedUp" },
        { "More attempts than permitted change nothing.", OutcomeKind.Failed, 5000, null, null, false, "Settle AttemptsUsedUp" },
        { "A wait that ends after the deadline is not begun.", OutcomeKind.Failed, 1, null, 0.5, true, "Redirect" },
        { "A wait that ends at the deadline is not begun either.", OutcomeKind.Failed, 1, null, 1.0, false, "Settle DeadlineTooNear" },
        { "A wait that ends before the deadline is begun.", OutcomeKind.Failed, 1, null, 1.001, false, "Retry 1" },
        { "A deadline that has passed permits nothing.", OutcomeKind.Failed, 1, null, 0.0, false, "Settle DeadlineTooNear" },
        { "An exhausted quota is never tried again here.", OutcomeKind.Exhausted, 1, null, null, true, "Redirect" },
        { "An exhausted quota with nowhere to go is the end.", OutcomeKind.Exhausted, 1, null, null, false, "Settle Final" },
        { "A request at fault is tried nowhere.", OutcomeKind.Rejected, 1, null, null, true, "Settle Final" },
        { "A request at fault is not tried again although a wait was named.", OutcomeKind.Rejected, 1, 1.0, null, true, "Settle Final" },
        { "A cancelled request is tried nowhere.", OutcomeKind.Cancelled, 1, null, null, true, "Settle Final" },
        { "A conflict is tried again at the same target.", OutcomeKind.Conflicted, 1, null, null, true, "Retry 1" },
        { "A conflict is never taken elsewhere, not even at the end.", OutcomeKind.Conflicted, 4, null, null, true, "Settle AttemptsUsedUp" },
        { "A conflict with too long a wait is the end.", OutcomeKind.Conflicted, 1, 121.0, null, true, "Settle WaitTooLong" },
        { "A conflict out of time is the end.", OutcomeKind.Conflicted, 1, null, 0.5, true, "Settle DeadlineTooNear" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_verdict_follows_from_the_facts(
        string sentence, OutcomeKind outcome, int attempts, double? retryAfter, double? timeLeft, bool canRedirect, string expected)
    {
        RecoveryFacts facts = new(outcome, attempts, ToTime(retryAfter), ToTime(timeLeft) ?? Never, canRedirect, Jitter: 0);

        Verdict verdict = RecoveryPolicy.Decide(facts, Policy);

        string actual = verdict.Kind switch
        {
            VerdictKind.Retry => FormattableString.Invariant($"Retry {verdict.Delay.TotalSeconds}"),
            VerdictKind.Redirect => "Redirect",
            _ => $"Settle {verdict.Reason}",
        };
        Assert.True(expected == actual, $"{sentence} Expected {expected}, actual {actual}.");
    }

    [Fact]
    public void Nothing_is_ever_retried_or_redirected_that_its_kind_forbids()
    {
        foreach (OutcomeKind kind in Enum.GetValues<OutcomeKind>().Where(kind => kind != OutcomeKind.Answered))
        {
            foreach (bool canRedirect in new[] { true, false })
            {
                for (int attempts = 1; attempts < 6; attempts++)
                {
                    Verdict verdict = RecoveryPolicy.Decide(new RecoveryFacts(kind, attempts, null, Never, canRedirect, 0.5), Policy);
                    Assert.True(verdict.Kind != VerdictKind.Retry || (kind.CanRetry() && attempts < 4), $"{kind} after {attempts}");
                    Assert.True(verdict.Kind != VerdictKind.Redirect || (kind.CanRedirect() && canRedirect), $"{kind} after {attempts}");
                }
            }
        }
    }

    private static TimeSpan? ToTime(double? seconds) => seconds is { } given ? TimeSpan.FromSeconds(given) : null;
}
