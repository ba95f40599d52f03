using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>What binds a lane: which of its limits, or what it waits for. Noted where something begins or ends to wait; nothing here is on the way of a request that waits for nothing.</summary>
    private sealed partial class Lane
    {
        private readonly ConstraintClock _constraints;
        private readonly Lane _self;

        // Written by the loop; read by whoever notes. What holds up the first ticket of the inbox since the loop last waited; none when nothing does.
        private volatile Constraint _held;

        // Owned by the loop: the same while it looks.
        private Constraint _holds;

        /// <summary>Something has begun or ended to wait. A lane that is held up stays so until its own loop says otherwise.</summary>
        public void NoteConstraint()
        {
            if (_held == Constraint.None)
            {
                Note();
            }
        }

        /// <summary>Somebody has begun to wait at the door, which may be that of a pool.</summary>
        public void NoteDoor()
        {
            if (Pool is null)
            {
                NoteConstraint();
                return;
            }

            foreach (Lane member in Pool.Members)
            {
                member.NoteConstraint();
            }
        }

        /// <summary>The loop is about to wait.</summary>
        private void NoteHeld(Constraint held)
        {
            _held = held;

            // Attempts begin and end without a lock; here is where a miscount of the two ends.
            if (_limiter.InFlight == 0)
            {
                _constraints.OnIdle(_pipeline._clock.Now);
            }

            Note();
        }

        private void NoteInFlight(long began)
        {
            // It may have ended before that was noted.
            if (_constraints.OnBusy(began) && _limiter.InFlight == 0)
            {
                _constraints.OnIdle(began);
            }
        }

        private void Note()
        {
            // Again when it has changed: whoever noted in between may have seen an older world.
            for (int tries = 0; tries < 3 && _constraints.Switch(LookAtConstraint(), _pipeline._consumerWaits); tries++)
            {
            }
        }

        /// <summary>Which credits are missing for a ticket that was refused.</summary>
        private static Constraint MissingCredits(RateLimiter rate, in TokenCost cost) => rate.IsShortOfTokens(cost) ? Constraint.TokenCredits : Constraint.RequestCredits;

        /// <summary>Whose is the limit that has no room: the user's, or that of the target, which was found.</summary>
        private Constraint MissingPermits() =>
            _adaptive is { } adaptive && _limiter.MaxInflight < adaptive.Max ? Constraint.ProviderLatency : Constraint.InFlight;

        private BoundBy LookAtConstraint()
        {
            Constraint held = _held;
            if (held != Constraint.None)
            {
                return BoundBy.Always(held);
            }

            if (IsParked || UnavailableFor() > TimeSpan.Zero)
            {
                return BoundBy.Always(Constraint.Unavailable);
            }

            StreamsNow streams = _pipeline.LookAtStreams();
            if (Door.HasWaiting)
            {
                return LookAtSlots(streams);
            }

            if (streams.AreRead)
            {
                return BoundBy.Always(Constraint.Input);
            }

            // All there will be is here: it is being attempted, waits for its retry, or for the consumer to take it.
            return new BoundBy(
                Constraint.ProviderLatency, DelayedHere > 0 ? Constraint.RetryWait : streams.Any && HasTicketsInside() ? Constraint.Consumer : Constraint.None);
        }

        /// <summary>Somebody waits at the door and nothing in the lane: who has the slots?</summary>
        private BoundBy LookAtSlots(StreamsNow streams)
        {
            long inFlight = 0;
            long delayed = 0;
            long ready = 0;
            foreach (Lane lane in Pool is null ? new ReadOnlySpan<Lane>(in _self) : Pool.Members)
            {
                inFlight += lane._limiter.InFlight;
                delayed += lane.DelayedHere;
                ready += Volatile.Read(ref lane._backlog);
            }

            // Answers that nobody has taken; and what has gone on to another target, which then is the one to look at.
            long others = Door.Slots - inFlight - delayed - ready;
            if (inFlight >= Math.Max(delayed, Math.Max(ready, others)))
            {
                return new BoundBy(Constraint.InFlight, streams.Any ? Constraint.Consumer : Constraint.None);
            }

            if (delayed >= Math.Max(ready, others))
            {
                return BoundBy.Always(Constraint.RetryWait);
            }

            return BoundBy.Always(others >= ready && streams.IsConsumerAway ? Constraint.Consumer : Constraint.Input);
        }

        private long DelayedHere => Gap(Counters.Released, Counters.Delayed);

        private bool HasTicketsInside()
        {
            foreach (Ticket<TRequest, TResponse>? ticket in Volatile.Read(ref _tickets))
            {
                if (ticket is null)
                {
                    return false;
                }

                // What waits at another target or member is not held up here.
                if (ticket.Place is var place && place != TicketPlace.Free && (place == TicketPlace.Settling || ticket.Lane == Index))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
