using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>A lane as a member of a pool. A lane in no pool asks whether it is in one, and nothing more.</summary>
    private sealed partial class Lane
    {
        // A timestamp; 0 while it is not parked. Written under the pool's lock.
        private long _parkedUntil;

        // A timestamp, moved forward only.
        private long _restsUntil;

        public LanePool? Pool { get; }

        public bool IsParked => ParkedUntil != 0;

        public long ParkedUntil
        {
            get => Volatile.Read(ref _parkedUntil);
            set => Volatile.Write(ref _parkedUntil, value);
        }

        public long RestsUntil => Volatile.Read(ref _restsUntil);

        /// <summary>What waits and runs here.</summary>
        public long Load => Volatile.Read(ref _backlog) + _limiter.InFlight;

        private TimeSpan? ParkedFor => ParkedUntil is var until && until == 0 ? null : _pipeline._clock.Until(until, _pipeline._clock.Now);

        public void RestUntil(long timestamp)
        {
            long seen = RestsUntil;
            while (timestamp > seen)
            {
                long before = Interlocked.CompareExchange(ref _restsUntil, timestamp, seen);
                if (before == seen)
                {
                    return;
                }

                seen = before;
            }
        }

        /// <summary>Whether a ticket that is held up elsewhere could start here now, as far as one can see without taking anything.</summary>
        public bool CouldStart(in RequestCost<TRequest> wanted, long now)
        {
            // A parked lane fits nothing.
            if (!Fits(wanted) || !_breaker.IsClosed || Volatile.Read(ref _cooledUntil) > now || RestsUntil > now)
            {
                return false;
            }

            int waiting = Volatile.Read(ref _backlog);
            return (_limiter.MaxInflight == 0 || _limiter.InFlight + waiting < _limiter.MaxInflight)
                && (_rate.Remaining is not { } credits || credits > waiting)
                && _rate.TimeUntil(CostOf(wanted)) == TimeSpan.Zero;
        }

        /// <summary>How long until such a ticket could start here, where nothing but time is missing; zero where that is not so.</summary>
        public TimeSpan TimeUntilStart(in RequestCost<TRequest> wanted, long now)
        {
            if (!Fits(wanted) || !_breaker.IsClosed)
            {
                return TimeSpan.Zero;
            }

            long free = Math.Max(Volatile.Read(ref _cooledUntil), RestsUntil);
            TimeSpan rest = free > now ? _pipeline._clock.Until(free, now) : TimeSpan.Zero;
            TimeSpan credits = _rate.TimeUntil(CostOf(wanted));
            return rest > credits ? rest : credits;
        }

        public void PulseIfWaiting()
        {
            if (Volatile.Read(ref _backlog) > 0)
            {
                _wake.Pulse();
            }
        }

        /// <summary>Parked, or back again: what fits has changed, and those who wait here or elsewhere may do better.</summary>
        public void OnParkedOrBack()
        {
            NoteLimits();
            _wake.Pulse();
            Pool!.PulseWaiting();
        }

        /// <summary>Takes the shared credits as well, all of it or nothing.</summary>
        private CapacityCheck TakeShared(RateLimiter shared, Ticket<TRequest, TResponse> ticket, long now, ThisThread thread, out TimeSpan wait)
        {
            // Asked first, so that waiting for the shared credits does not take and give back the lane's own each time.
            wait = shared.TimeUntilThere(ticket.Cost);
            if (wait > TimeSpan.Zero)
            {
                return CapacityCheck.Shared;
            }

            CapacityCheck check = _capacity.TryTake(ticket.Cost, now, now, thread, out ticket.Pass, out wait);
            if (check != CapacityCheck.Passed || shared.TryReserve(ticket.Cost, now, out ticket.SharedCredits, out wait))
            {
                return check;
            }

            // Another member was faster.
            _capacity.GiveBack(ticket.Pass);
            OnPermitReturned();
            return CapacityCheck.Shared;
        }

        /// <summary>Hands a ticket that is held up here to a member that could start it now.</summary>
        private bool TryHandOver(Ticket<TRequest, TResponse> ticket)
        {
            if (Pool!.WhoCouldStart(ticket, this) is not { } other)
            {
                return false;
            }

            Interlocked.Decrement(ref _backlog);
            HandOver(ticket, this, other);
            return true;
        }

        private bool TryHandOverOrLookAgain(Ticket<TRequest, TResponse> ticket, TimeSpan wait)
        {
            if (TryHandOver(ticket))
            {
                return true;
            }

            SetAlarm(Pool!.LookAgain(ticket, this, wait));
            return false;
        }

        /// <summary>Sends on what waits at a parked member.</summary>
        private bool TryLeaveParked(Ticket<TRequest, TResponse> ticket)
        {
            if (TryDrop(ticket))
            {
                return true;
            }

            if (ticket.IsPinned || Pool!.Instead(ticket, this) is not { } other)
            {
                return false;
            }

            // What waited here for its turn is moved on because of what happened here, and observers are told.
            Interlocked.Decrement(ref _backlog);
            _pipeline.LeaveParked(ticket, this, other);
            return true;
        }
    }
}
