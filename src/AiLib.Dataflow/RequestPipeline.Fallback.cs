namespace AiLib.Dataflow;

/// <summary>Which other target may do better, and when.</summary>
public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>The next target that a ticket may go to: in fallback order, around the corner, one that can be called before one that cannot.</summary>
    private Lane? NextLane(Ticket<TRequest, TResponse> ticket)
    {
        if (ticket.IsPinned)
        {
            return null;
        }

        // Another member of the same pool before anything else.
        LanePool? pool = _lanes[ticket.Lane].Pool;
        if (pool?.Choose(ticket.Wanted, ticket.Visited, PoolRest.Respected) is { } twin)
        {
            return twin;
        }

        Lane? unavailable = null;
        for (int step = 1; step < _lanes.Length; step++)
        {
            Lane lane = _lanes[(ticket.Lane + step) % _lanes.Length];
            if ((ticket.Visited & (1UL << lane.Index)) != 0 || !lane.Fits(ticket.Wanted) || (ticket.StaysOnTarget && lane.Pool != pool))
            {
                continue;
            }

            if (lane.UnavailableFor() == TimeSpan.Zero)
            {
                return lane.Pool?.Choose(ticket.Wanted, ticket.Visited, PoolRest.Allowed) ?? lane;
            }

            unavailable ??= lane;
        }

        return unavailable;
    }

    /// <summary>Sends a ticket on whose target cannot be called: to another target, or to its end. A held one stays.</summary>
    /// <returns>False when it stays.</returns>
    private bool TryMoveOn(Lane lane, Ticket<TRequest, TResponse> ticket, TimeSpan wait)
    {
        lane.Pool?.Forget(ticket, lane);
        Lane? next = NextLane(ticket);
        if (next is not null && next.UnavailableFor() == TimeSpan.Zero)
        {
            Redirect(ticket, TicketPlace.Ready, lane, next, cause: null);
            return true;
        }

        bool inTime = _clock.After(_clock.Now, wait) < ticket.DeadlineAt;
        if (ticket.WhenUnavailable == Unavailability.Hold && inTime)
        {
            return false;
        }

        Refuse(ticket, new Refusal("circuit", $"{lane.WhyUnavailable}, and no other target can take the request.", wait) { Target = lane.Id });
        return true;
    }

    /// <summary>Sends a ticket on that is too large for its target, as the target has told since it was let in: to another target, or to its end.</summary>
    private void TurnAway(Lane lane, Ticket<TRequest, TResponse> ticket)
    {
        lane.Pool?.Forget(ticket, lane);
        if (NextLane(ticket) is { } next)
        {
            Redirect(ticket, TicketPlace.Ready, lane, next, cause: null);
            return;
        }

        Refuse(ticket, lane.NeverFits(ticket.Wanted));
    }

    /// <summary>Settles a ticket that waits, as no target can take it.</summary>
    private void Refuse(Ticket<TRequest, TResponse> ticket, Refusal refusal)
    {
        ticket.Outcome = Outcome<TResponse>.Failed(
            OutcomeKind.Rejected, new RequestRefusedException(refusal, TargetOf(ticket), ticket.Attempts, ticket.Outcome.Error));
        Settle(ticket, TicketPlace.Ready, _clock.Now);
    }

    /// <summary>Whether another target could be called now.</summary>
    private bool HasCallableLaneBut(Lane lane) => Array.Exists(_lanes, other => other != lane && other.UnavailableFor() == TimeSpan.Zero);

    /// <summary>How long until the first of the other targets that cannot be called now can be.</summary>
    private TimeSpan SoonestBut(Lane lane)
    {
        TimeSpan soonest = TimeSpan.MaxValue;
        foreach (Lane other in _lanes)
        {
            TimeSpan wait = other == lane ? TimeSpan.Zero : other.UnavailableFor();
            soonest = wait > TimeSpan.Zero && wait < soonest ? wait : soonest;
        }

        return soonest;
    }
}
