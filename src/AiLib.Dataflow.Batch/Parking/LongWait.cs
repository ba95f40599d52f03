using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Batch.Parking;

/// <summary>Tells a request that has come too early from one that has failed: its target said for how long it takes none.</summary>
/// <remarks>Pure.</remarks>
internal static class LongWait
{
    // What the pipeline sleeps through itself (RetryOptions.MaxServerDelay). A throttled request whose wait is shorter has used up its attempts.
    private static readonly TimeSpan SleptThrough = TimeSpan.FromSeconds(120);

    // A member of a pool that is not used any more in this run.
    private static readonly TimeSpan Forever = TimeSpan.FromDays(365);

    // So that a target that says "none, and come back at once" is not asked in a circle.
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    /// <summary>For how long the last target of a request wants to be left alone; null when that is not why it failed.</summary>
    /// <param name="outcome">What came of the request.</param>
    /// <param name="isParked">Whether it can wait. Else a quota that is back in a moment is judged as ever, by how often it is met: <see cref="Running.ExhaustionWatch"/>.</param>
    public static TimeSpan? Of(in Outcome<ProviderResponse> outcome, bool isParked)
    {
        if (outcome.RetryAfter is not { } wait || !outcome.Kind.CanRedirect() || FailureCode.CodeOf(outcome) == ProviderErrorCode.Authentication)
        {
            return null;
        }

        bool isQuota = outcome.Kind == OutcomeKind.Exhausted && isParked;
        return wait > SleptThrough ? wait : isQuota ? Least > wait ? Least : wait : null;
    }

    /// <summary>Whether no target but this one can be called now.</summary>
    public static bool IsOfTheLast(string? target, SignalsSnapshot now) =>
        now.Targets.All(other => string.Equals(other.Target, target, StringComparison.Ordinal) || UnavailableFor(other) is not null);

    /// <summary>Whether all targets want to be left alone for longer than the pipeline waits, and for one of them it is known for how long.</summary>
    public static bool IsShut(SignalsSnapshot now) =>
        now.Targets.All(static target => (target.ParkedFor ?? target.CooledFor) > SleptThrough) && now.Targets.Any(static target => (target.ParkedFor ?? target.CooledFor) < Forever);

    /// <summary>For how long a target cannot be called; null when it can, <see cref="TimeSpan.MaxValue"/> when nobody knows.</summary>
    public static TimeSpan? UnavailableFor(TargetSignals target) => target switch
    {
        { ParkedFor: { } parked } => parked,
        { CooledFor: { Ticks: > 0 } cooled } => cooled,
        { CircuitState: Capacity.CircuitState.Open } => TimeSpan.MaxValue,
        _ => null,
    };
}
