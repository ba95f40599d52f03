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
    Settled<TRequest, TResponse> ITicketReturn<TRequest, TResponse>.Describe(Ticket<TRequest, TResponse> ticket) => Describe(ticket);

    /// <inheritdoc/>
    void ITicketReturn<TRequest, TResponse>.Return(Ticket<TRequest, TResponse> ticket) => Return(ticket);

    /// <inheritdoc/>
    void ITicketReturn<TRequest, TResponse>.GiveUp(Ticket<TRequest, TResponse> ticket, long version, GiveUpReason reason) => GiveUp(ticket, version, reason);

    /// <inheritdoc/>
    void ITicketReturn<TRequest, TResponse>.OnSettled() => OnTicketSettled();

    /// <summary>Every ticket that has ever been needed.</summary>
    private IEnumerable<Ticket<TRequest, TResponse>> Tickets => _lanes.SelectMany(lane => lane.Tickets);

    private Settled<TRequest, TResponse> Describe(Ticket<TRequest, TResponse> ticket) => new(
        ticket.Request,
        ticket.Index,
        ticket.Outcome,
        ticket.LastLane < 0 ? null : _lanes[ticket.LastLane].Id,
        ticket.Attempts,
        _clock.ToTimeSpan(ticket.SettledAt - ticket.AdmittedAt));

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
        facts.Owner.OnGivenUp(facts.OwnerVersion, new Settled<TRequest, TResponse>(
            default!, Index: 0, ToOutcome(reason, facts.LastError), target, facts.Attempts, _clock.ToTimeSpan(now - facts.AdmittedAt)));
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

        _lanes[ticket.Lane].Counters.Released.Increment();
        Drop(ticket, TicketPlace.Delayed, ticket.GivenUp);
    }

    /// <summary>Settles a ticket that was given up.</summary>
    private void Drop(Ticket<TRequest, TResponse> ticket, TicketPlace from, GiveUpReason reason)
    {
        ticket.Outcome = ToOutcome(reason, ticket.Outcome.Error);
        Settle(ticket, from, _clock.Now);
    }

    /// <summary>Sends a ticket on whose target cannot be called: to another target, or to its end. A held one stays.</summary>
    /// <returns>False when it stays.</returns>
    private bool TryMoveOn(Lane lane, Ticket<TRequest, TResponse> ticket, TimeSpan wait)
    {
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

        Refusal refusal = new("circuit", $"{lane.Id} cannot be called now, and no other target can take the request.", wait);
        ticket.Outcome = Outcome<TResponse>.Failed(
            OutcomeKind.Rejected, new RequestRefusedException(refusal, ticket.LastLane < 0 ? null : _lanes[ticket.LastLane].Id, ticket.Attempts, ticket.Outcome.Error));
        Settle(ticket, TicketPlace.Ready, _clock.Now);
        return true;
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

        if (ticket.TryAbandonAttempt(version, attempt, out AttemptEnd end))
        {
            Lane lane = _lanes[ticket.Lane];
            lane.Counters.Abandoned.Increment();
            OnAttemptFailed(lane, ticket, end, Outcome<TResponse>.Failed(OutcomeKind.Cancelled), isOutermost: false);
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

    private static Outcome<TResponse> WithReason(Outcome<TResponse> outcome, Recovery.SettleReason reason, Lane lane)
    {
        string? why = reason switch
        {
            Recovery.SettleReason.WaitTooLong =>
                $"{lane.Id} asks for a wait of {Duration.ToText(outcome.RetryAfter ?? TimeSpan.Zero)}, longer than Retry.MaxServerDelay ({Duration.ToText(lane.Options.Retry.MaxServerDelay)}).",
            Recovery.SettleReason.DeadlineTooNear => $"The next attempt at {lane.Id} could only begin after the request's deadline.",
            _ => null,
        };
        return why is null ? outcome : outcome with { Reason = why };
    }
}
