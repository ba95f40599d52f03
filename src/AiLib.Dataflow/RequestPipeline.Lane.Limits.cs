using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>How the limits of a lane change: what its target says, and what its user wants.</summary>
    private sealed partial class Lane
    {
        // Guards the two below, so that whoever comes last has seen every change before his own.
        private readonly Lock _limitsSync = new();

        // What the limits in force say, looked up once for each change instead of for each request: of whatever parts it is made up, a cost up to this fits.
        private long _largestCost;

        // Where input or output are limited on their own, a larger one may fit as well.
        private volatile bool _partsMatter;
        private volatile bool _dispatchesInline;

        /// <summary>What is configured; a copy.</summary>
        public TargetLimits Limits => new(_rate.Options, _adaptive?.Max ?? _limiter.MaxInflight);

        /// <summary>Replaces what is configured.</summary>
        /// <exception cref="ConfigurationException">A limit is out of range; nothing has changed.</exception>
        public void UpdateLimits(TargetLimits limits)
        {
            SettingsCheck check = new();
            limits.Check(check.In(Id), Options);
            check.ThrowIfAny();
            _rate.UpdateLimits(limits.RateLimiter);
            ForgetCostLimit();
            NoteLimits();
            BeginDay();
            if (limits.ChangesMaxInflight)
            {
                SetMaxInflight(limits.MaxInflight);
            }

            // Whatever holds the loop up may be gone, and an alarm may be set for too late.
            Pulse();
            Pool?.PulseWaiting();
        }

        /// <summary>The limit over the pool is another one.</summary>
        public void OnSharedLimits()
        {
            NoteLimits();
            BeginDay();
            Pulse();
        }

        private void SetMaxInflight(int maxInflight)
        {
            if (_adaptive is { } adaptive)
            {
                adaptive.Max = maxInflight;
            }
            else
            {
                _limiter.MaxInflight = maxInflight;
            }
        }

        /// <summary>Takes over what the target says about its quotas. Before the permit goes back: whoever gets it meets the news.</summary>
        private void Learn(Ticket<TRequest, TResponse> ticket, in Outcome<TResponse> outcome, long now)
        {
            // Settled first, because what is given back afterwards would lie on top of what remains. Then there is nothing left to settle.
            ref RateReservation reservation = ref ticket.Pass.Reservation;
            TokenCost? cost = outcome.TokenCost;
            _rate.Settle(reservation, cost, now);
            _rate.LearnFrom(outcome.Readings.Span, ticket.StartedAt, reservation, cost ?? ticket.Cost);
            reservation = reservation.SettledBy(cost);
            NoteLimits();
        }

        private bool FitsInParts(in TokenCost cost) => _partsMatter && _told?.Exceeded(cost) is null && _rate.Fits(cost) && (Pool?.Shared?.Fits(cost) ?? true);

        public void NoteLimits()
        {
            lock (_limitsSync)
            {
                RateLimiter? shared = Pool?.Shared;
                long largest = Math.Min(_rate.LargestOfAnyKind, shared?.LargestOfAnyKind ?? long.MaxValue);
                _partsMatter = !IsParked && (_rate.CountsApart || shared is { CountsApart: true } || _told is { CountsApart: true });

                largest = Math.Min(largest, _told?.LargestOfAnyKind ?? long.MaxValue);
                _countsTokens = _rate.LimitsTokens || shared is { LimitsTokens: true } || largest != long.MaxValue;

                // Parked: nothing fits, so nobody sends anything here, and nobody has to ask why.
                Volatile.Write(ref _largestCost, IsParked ? -1 : largest);
                _dispatchesInline = Options.DispatchInline ?? (_rate.IsLimited || shared is not null);
            }
        }
    }
}
