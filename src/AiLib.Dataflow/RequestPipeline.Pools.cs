using AiLib.Dataflow.Pools;

namespace AiLib.Dataflow;

/// <summary>What the pipeline does with pools: one place in the fallback order with several lanes.</summary>
public sealed partial class RequestPipeline<TRequest, TResponse>
{
    // Filled while the lanes are made.
    private readonly Dictionary<PoolSettings, LanePool> _pools = [];

    private LanePool? PoolOf(TargetSettings<TRequest, TResponse> target)
    {
        if (target.Pool is not { } settings)
        {
            return null;
        }

        if (!_pools.TryGetValue(settings, out LanePool? pool))
        {
            pool = new LanePool(this, settings);
            _pools.Add(settings, pool);
        }

        return pool;
    }

    /// <summary>A start that names a pool, and not one of its members, is the complement of the pool's first lane.</summary>
    private static int FirstLane(int start) => start < 0 ? ~start : start;

    /// <summary>Where a request really begins: now that it has its ticket, because the loads have changed while it waited at the door.</summary>
    private static int BeginAt(in Entry<TRequest, TResponse> entry, Lane start) =>
        entry.Start == start.Index || start.Pool is not { } pool ? start.Index : (pool.Choose(entry.Wanted, excluded: 0, PoolRest.Allowed) ?? start).Index;

    /// <summary>After a failed attempt: sends the ticket to another member if that may help and there is one. The pool knows of the failure already.</summary>
    private bool TryMoveInPool(Lane lane, Ticket<TRequest, TResponse> ticket)
    {
        if (lane.Pool is not { } pool)
        {
            return false;
        }

        OutcomeKind kind = ticket.Outcome.Kind;
        if (!kind.CanRedirect() || ticket.IsPinned || pool.Choose(ticket.Wanted, ticket.Visited, PoolRest.Respected) is not { } next)
        {
            return false;
        }

        Redirect(ticket, TicketPlace.Deciding, lane, next, kind);
        return true;
    }

    /// <summary>Moves a ticket that waits at one member to another, without a word: nothing has failed.</summary>
    private static void HandOver(Ticket<TRequest, TResponse> ticket, Lane from, Lane to)
    {
        if (ticket.AttemptsOnLane == 0)
        {
            ticket.Visited &= ~(1UL << from.Index);
        }

        ticket.Lane = to.Index;
        ticket.Visited |= 1UL << to.Index;
        to.Enqueue(ticket, begun: ticket.Attempts > 0);
    }

    /// <summary>Moves a ticket away from a member that gets nothing more: its own attempt has not failed, but observers shall know where it went.</summary>
    private void LeaveParked(Ticket<TRequest, TResponse> ticket, Lane parked, Lane next)
    {
        Raise(_settings.OnRedirect, new RedirectEvent(parked.Id, next.Id, Cause: null, Error: null, ticket.Attempts));
        parked.Counters.RedirectedAway.Increment();
        HandOver(ticket, parked, next);
    }

    /// <summary>Whether a choice respects that a member has just asked for a rest.</summary>
    private enum PoolRest
    {
        /// <summary>Such a member is not chosen.</summary>
        Respected,

        /// <summary>It is chosen when there is no other.</summary>
        Allowed,
    }
}
