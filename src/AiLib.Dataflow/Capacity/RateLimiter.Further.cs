using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>The limits that few targets have: input and output tokens apart, and those of a day. Apart, so that the others pay one look for them.</summary>
/// <remarks>Threading: as the rest; what ends in <c>Locked</c> needs the lock on the levels.</remarks>
public sealed partial class RateLimiter
{
    /// <summary>How long until the limits of a day allow a request of this cost; zero when they do, or there are none.</summary>
    internal TimeSpan TimeUntilDayAllows(in TokenCost cost, bool countsTokens) =>
        Look(out _, out FurtherLevels further) is { Further: { } rates } limits
            ? _clock.ToTimeSpan(rates.WaitForDay(further, limits.Capped(cost.Total), countsTokens))
            : TimeSpan.Zero;

    /// <summary>Whether input or output tokens are limited on their own by configuration, so that what fits depends on what a cost is made of.</summary>
    internal bool CountsApart => _limits.Further is { CountsApart: true };

    /// <summary>Whether something is limited over a minute or less: then there are credits that a refusal can correct.</summary>
    internal bool IsPaced => _limits.IsPaced;

    /// <summary>Takes from all buckets. The lock is held, and given back.</summary>
    private bool TryReserveFurther(RateLimits limits, in TokenCost cost, long now, out RateReservation reservation, out TimeSpan retryAfter)
    {
        FurtherRates further = FurtherLocked(limits)!;
        long wait = WaitLocked(limits, cost, now);
        if (wait > 0)
        {
            _state.Sync.Exit();
            reservation = default;
            retryAfter = wait == Clock.Never ? TimeSpan.MaxValue : _clock.ToTimeSpan(wait);
            return false;
        }

        long total = limits.Capped(cost.Total);
        FurtherCredits credits = further.Charge(cost);
        limits.Take(ref _state.Levels, ref total, takes: true);
        further.Take(ref _state.Further, credits, total);
        if (!limits.IsPaced)
        {
            PassHoldLocked(now);
        }

        reservation = new RateReservation(total)
        {
            Edition = limits.Edition,
            Number = ++_state.Taken,
            Tokens = unchecked(_state.TakenTokens += total),
            Further = credits with { TakenInput = unchecked(_state.TakenInput += credits.Input), TakenOutput = unchecked(_state.TakenOutput += credits.Output) },
        };
        _state.Sync.Exit();
        retryAfter = TimeSpan.Zero;
        return true;
    }

    /// <summary>How many units until a request of this cost could pass; 0 when it could now.</summary>
    private long WaitLocked(RateLimits limits, in TokenCost cost, long now)
    {
        long total = cost.Total;
        if (FurtherLocked(limits) is not { } further)
        {
            return limits.Take(ref _state.Levels, ref total, takes: false);
        }

        total = limits.Capped(total);
        long wait = Math.Max(limits.Take(ref _state.Levels, ref total, takes: false), further.WaitFor(_state.Further, further.Charge(cost), total));
        return limits.IsPaced ? wait : Math.Max(wait, HeldForLocked(now));
    }

    /// <summary>The limits that few targets have, with what was due flowed in; null where there are none of them.</summary>
    private FurtherRates? FurtherLocked(RateLimits limits)
    {
        if (limits.Further is not { } further)
        {
            return null;
        }

        long elapsed = _state.FilledAt - _state.FurtherFilledAt;
        if (elapsed > 0)
        {
            _state.FurtherFilledAt = _state.FilledAt;
            further.Refill(ref _state.Further, elapsed);
        }

        return further;
    }

    private long? Remains(FurtherLimit limit) =>
        Look(out _, out FurtherLevels levels).Further is { } further && further[limit] is not null ? further.Available(levels, limit) : null;

    private static string WhyNever(RateLimits limits, in TokenCost cost) => cost.Total <= limits.LargestCost && limits.Further is { } further
        ? cost.InputAtMost > further.LargestInput
            ? FormattableString.Invariant($"the request costs {cost.InputAtMost} input tokens and the target can never hold more than {further.LargestInput}; shorten it or raise RateLimiter.InputTokenBurst.")
            : FormattableString.Invariant($"the request costs {cost.OutputAtMost} output tokens and the target can never hold more than {further.LargestOutput}; lower what it may answer or raise RateLimiter.OutputTokenBurst.")
        : FormattableString.Invariant($"the request costs {cost.Total} tokens and the target can never hold more than {limits.LargestCost}; shorten it or raise RateLimiter.TokenBurst (and TokensPerDay, where it is set).");
}
