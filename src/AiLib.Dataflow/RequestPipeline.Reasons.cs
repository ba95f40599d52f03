using AiLib.Dataflow.Recovery;

namespace AiLib.Dataflow;

/// <summary>Says in words why a failure is the end, where its own error does not.</summary>
public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>What is settled: the outcome, with the reason why no other attempt follows.</summary>
    /// <remarks>
    /// A wait that is longer than is waited for is no throttling any more: the target is exhausted, and another one, or a later time, has to do. Who settles it may
    /// read from the outcome which it is and for how long.
    /// </remarks>
    private static Outcome<TResponse> WithReason(Outcome<TResponse> outcome, SettleReason reason, Lane lane) => reason switch
    {
        SettleReason.WaitTooLong when outcome.Kind.CanRedirect() => outcome with
        {
            Kind = OutcomeKind.Exhausted,
            Reason = IsExhausted(lane, outcome, $", longer than Retry.MaxServerDelay ({Duration.ToText(lane.Options.Retry.MaxServerDelay)})"),
        },
        SettleReason.WaitTooLong => outcome with
        {
            Reason = $"{lane.Id} asks for a wait of {Asked(outcome)}, longer than Retry.MaxServerDelay ({Duration.ToText(lane.Options.Retry.MaxServerDelay)}).",
        },
        SettleReason.Final when outcome is { Kind: OutcomeKind.Exhausted, RetryAfter: not null } => outcome with { Reason = IsExhausted(lane, outcome, "") },
        SettleReason.Final when outcome.Kind == OutcomeKind.TooLarge => outcome with { Reason = lane.TooLargeFor(outcome.CostLimit) },
        SettleReason.Final when outcome is { Kind: OutcomeKind.Exhausted, CostLimit.Limit: 0 } => outcome with { Reason = $"{lane.Id} allows nothing: it says that its limit is 0. Look at the plan behind its key, or add another target." },
        SettleReason.BudgetSpent => outcome with { Reason = $"The retry budget of {lane.Id} is spent (Retry.BudgetShare, Retry.BudgetReserve)." },
        SettleReason.DeadlineTooNear => outcome with { Reason = $"The next attempt at {lane.Id} could only begin after the request's deadline." },
        _ => outcome,
    };

    private static string IsExhausted(Lane lane, in Outcome<TResponse> outcome, string compared) =>
        $"{lane.Id} is exhausted: it asks to be left alone for {Asked(outcome)}{compared}, and no other target is left; send the request again after that, or add a target.";

    private static string Asked(in Outcome<TResponse> outcome) => Duration.ToText(outcome.RetryAfter ?? TimeSpan.Zero);
}
