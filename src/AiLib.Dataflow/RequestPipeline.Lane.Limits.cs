using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>How the limits of a lane change: what its target says, and what its user wants.</summary>
    private sealed partial class Lane
    {
        // Guards the two below, so that whoever comes last has seen every change before his own.
        private readonly Lock _limitsSync = new();

        // What the limits in force say, looked up once for each change instead of for each request.
        private long _largestCost;
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
            NoteLimits();
            if (limits.ChangesMaxInflight)
            {
                SetMaxInflight(limits.MaxInflight);
            }

            // Whatever holds the loop up may be gone, and an alarm may be set for too late.
            Pulse();
            Pool?.PulseWaiting();
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
            _rate.Settle(reservation, outcome.Cost, now);
            _rate.Learn(outcome.Readings.Span, ticket.StartedAt, reservation);
            reservation = reservation with { Cost = outcome.CostOr(reservation.Cost) };
            NoteLimits();
        }

        private void NoteLimits()
        {
            lock (_limitsSync)
            {
                long largest = Math.Min(_rate.LargestCost ?? long.MaxValue, Pool?.Shared?.LargestCost ?? long.MaxValue);

                // Parked: nothing fits, so nobody sends anything here, and nobody has to ask why.
                Volatile.Write(ref _largestCost, IsParked ? -1 : largest);
                _dispatchesInline = Options.DispatchInline ?? (_rate.IsLimited || Pool?.Shared is not null);
            }
        }
    }
}
