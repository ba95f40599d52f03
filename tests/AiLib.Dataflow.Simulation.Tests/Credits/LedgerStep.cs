namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>What happens to a ledger.</summary>
internal enum StepKind
{
    /// <summary>Time passes.</summary>
    Pass,

    /// <summary>Someone asks for credits.</summary>
    Reserve,

    /// <summary>Someone asks for credits, and where there are none waits for exactly as long as was told.</summary>
    ReserveWhenDue,

    /// <summary>Someone asks with a timestamp that he read a while ago.</summary>
    ReserveLate,

    /// <summary>An attempt was answered.</summary>
    Answer,

    /// <summary>An attempt was refused.</summary>
    Refuse,

    /// <summary>An attempt was never made.</summary>
    Refund,

    /// <summary>Other limits are configured.</summary>
    Update,
}

/// <summary>One step, complete in itself, so that any of them can be left out to find the least that goes wrong.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Pick">Which of the attempts under way, by the remainder of their number.</param>
/// <param name="Units">How much time.</param>
/// <param name="Cost">The estimate, or what was really used; null when that is unknown.</param>
/// <param name="Wait">What the target told.</param>
/// <param name="Readings">What the target says about its quotas.</param>
/// <param name="Plan">The limits from now on.</param>
internal sealed record LedgerStep(StepKind Kind, int Pick = 0, long Units = 0, TokenCost? Cost = null, TimeSpan Wait = default, QuotaReading[]? Readings = null, LimitPlan? Plan = null)
{
    public override string ToString() => Kind switch
    {
        StepKind.Pass => $"Pass {Units}",
        StepKind.Update => $"Update {Plan}",
        StepKind.Reserve or StepKind.ReserveWhenDue => $"{Kind} {Cost}",
        StepKind.ReserveLate => $"{Kind} {Cost}, {Units} ago",
        StepKind.Refund => $"{Kind} {Pick}",
        StepKind.Answer => $"{Kind} {Pick} cost {Cost?.ToString() ?? "unknown"} {string.Join(' ', Readings ?? [])}",
        _ => $"{Kind} {Pick} cost {Cost?.ToString() ?? "unknown"} wait {Wait} {string.Join(' ', Readings ?? [])}",
    };
}
