using AiLib.Dataflow.Settlement;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>Everything that ends a request before its time: its caller, its deadline, an attempt's time-out, no usable target.</summary>
public sealed partial class RequestPipeline<TRequest, TResponse>
{
    // How long an endpoint may ignore the cancellation of its attempt before the pipeline goes on without it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private TimeSpan _patience = Patience;

    /// <inheritdoc/>
    Answer<TResponse> ITicketReturn<TRequest, TResponse>.Describe(Ticket<TRequest, TResponse> ticket) =>
        new(ticket.Outcome, TargetOf(ticket), ticket.Attempts, _clock.ToTimeSpan(ticket.SettledAt - ticket.AdmittedAt));

    /// <inheritdoc/>
    void ITicketReturn<TRequest, TResponse>.Return(Ticket<TRequest, TResponse> ticket) => Return(ticket);

    /// <inheritdoc/>
    void ITicketReturn<TRequest, TResponse>.GiveUp(Ticket<TRequest, TResponse> ticket, long version, GiveUpReason reason) => GiveUp(ticket, version, reason);

    /// <inheritdoc/>
    void ITicketReturn<TRequest, TResponse>.OnSettled(ThisThread thread) => OnTicketSettled(thread);

    /// <summary>Every ticket that has ever been needed.</summary>
    private IEnumerable<Ticket<TRequest, TResponse>> Tickets => _lanes.SelectMany(lane => lane.Tickets);

    private Settled<TRequest, TResponse> Describe(Ticket<TRequest, TResponse> ticket) => new(
        ticket.Request,
        ticket.Index,
        ticket.Outcome,
        TargetOf(ticket),
        ticket.Attempts,
        _clock.ToTimeSpan(ticket.SettledAt - ticket.AdmittedAt));

    private string? TargetOf(Ticket<TRequest, TResponse> ticket) => ticket.LastLane < 0 ? null : _lanes[ticket.LastLane].Id;

    private void Return(Ticket<TRequest, TResponse> ticket)
    {
        int home = ticket.Home;
        ticket.End();
        _lanes[home].Door.Leave(ticket);
    }

    /// <summary>Answers the caller at once, and makes the ticket come home from wherever it is.</summary>
    private void GiveUp(Ticket<TRequest, TResponse> ticket, long version, GiveUpReason reason)
    {
        long now = _clock.Now;
        if (!ticket.TryGiveUp(version, reason, now, out GivenUpFacts<TRequest, TResponse> facts))
        {
            return;
        }

        string? target = facts.LastLane < 0 ? null : _lanes[facts.LastLane].Id;
        facts.Owner.OnGivenUp(
            facts.OwnerVersion, new Answer<TResponse>(ToOutcome(reason, facts.LastError), target, facts.Attempts, _clock.ToTimeSpan(now - facts.AdmittedAt)));
        switch (ticket.Place)
        {
            case TicketPlace.Ready:
                _lanes[ticket.Lane].RequestSweep();
                break;
            case TicketPlace.Delayed:
                DropIfGivenUp(ticket, version);
                break;
            default:
                // In flight: its attempt is cancelled. Admitting: its lane looks when it arrives.
                Watch(_clock.After(now, _patience));
                break;
        }
    }

    private void GiveUpAll(ITicketOwner<TRequest, TResponse>? owner, GiveUpReason reason = GiveUpReason.Caller)
    {
        foreach (Ticket<TRequest, TResponse> ticket in Tickets)
        {
            long version = ticket.Version;
            if (owner is null || ReferenceEquals(ticket.Owner, owner))
            {
                GiveUp(ticket, version, reason);
            }
        }
    }

    /// <summary>Takes a ticket that was given up out of the retry queue, if it is there.</summary>
    private void DropIfGivenUp(Ticket<TRequest, TResponse> ticket, long version)
    {
        if (!ticket.IsGivenUp(version) || !_retries.TryRemove(ticket, out long due))
        {
            return;
        }

        if (ticket.Version != version)
        {
            // Meanwhile it came home and left again for another request, which waits here in its own right.
            _retries.Add(ticket, due);
            DropIfGivenUp(ticket, ticket.Version);
            return;
        }

        Lane lane = _lanes[ticket.Lane];
        lane.Counters.Released.Increment();
        Drop(ticket, TicketPlace.Delayed, ticket.GivenUp);
        lane.NoteConstraint();
    }

    /// <summary>Settles a ticket that was given up.</summary>
    private void Drop(Ticket<TRequest, TResponse> ticket, TicketPlace from, GiveUpReason reason)
    {
        ticket.Outcome = ToOutcome(reason, ticket.Outcome.Error);
        Settle(ticket, from, _clock.Now);
    }

    /// <summary>Makes sure that the watch looks at the given timestamp.</summary>
    private void Watch(long timestamp) => _watch.SetFor(timestamp);

    /// <summary>Looks at every ticket's deadline and running attempt. One timer does it for all, set to the earliest.</summary>
    private void OnWatch()
    {
        long now = _clock.Now;
        long next = Clock.Never;
        foreach (Ticket<TRequest, TResponse> ticket in Tickets)
        {
            // First: what is read after it belongs to this use of the ticket or to none.
            long version = ticket.Version;
            if (ticket.Place is TicketPlace.Free or TicketPlace.Settling)
            {
                continue;
            }

            long deadline = ticket.DeadlineAt;
            if (deadline <= now)
            {
                GiveUp(ticket, version, GiveUpReason.Deadline);
            }
            else
            {
                next = Math.Min(next, deadline);
            }

            next = Math.Min(next, WatchAttempt(ticket, version, now));
            next = _hedges is null ? next : Math.Min(next, WatchHedge(ticket, version, now));
        }

        Watch(next);
    }

    /// <summary>Cancels an attempt whose time is up; goes on without one that ignores it.</summary>
    /// <returns>When to look again.</returns>
    private long WatchAttempt(Ticket<TRequest, TResponse> ticket, long version, long now)
    {
        long endsAt = ticket.AttemptEndsAt(version);
        if (endsAt > now)
        {
            return endsAt;
        }

        long abandonAt = _clock.After(endsAt, _patience);
        if (!ticket.TryExpireAttempt(version, now, out int attempt))
        {
            return Clock.Never;
        }

        if (abandonAt > now)
        {
            return abandonAt;
        }

        if (ticket.TryAbandonAttempt(version, attempt, out GiveUpReason givenUp))
        {
            Lane lane = _lanes[ticket.Lane];
            lane.Counters.Abandoned.Increment();
            OnAttemptFailed(lane, ticket, givenUp, Outcome<TResponse>.Failed(OutcomeKind.Cancelled), isOutermost: false);
        }

        return Clock.Never;
    }

    private Outcome<TResponse> ToOutcome(GiveUpReason reason, Exception? lastError) => reason switch
    {
        GiveUpReason.Deadline => Outcome<TResponse>.Failed(
            OutcomeKind.TimedOut, new TimeoutException("The request's deadline passed before it was answered.", lastError)),
        GiveUpReason.Stopping => Outcome<TResponse>.Failed(OutcomeKind.Cancelled, new RequestRefusedException(Stopping(), innerException: lastError)),
        _ => Outcome<TResponse>.Failed(OutcomeKind.Cancelled, new OperationCanceledException("The caller gave the request up.", lastError)),
    };
}
