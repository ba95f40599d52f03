using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>What others may know of a lane: whether a request can go there, and what observers see. It takes nothing and moves nothing.</summary>
    private sealed partial class Lane
    {
        /// <inheritdoc/>
        public bool Fits(in TokenCost cost) => cost.Total <= Volatile.Read(ref _largestCost) || FitsInParts(cost);

        /// <inheritdoc/>
        public Refusal NeverFits(in TokenCost cost) => IsParked
            ? new Refusal("parked", $"{Id} is parked: its key was refused or its quota is used up.", ParkedFor)
            : Pool?.Shared is { } shared && !shared.Fits(cost) ? shared.NeverFits(cost) : _rate.NeverFits(cost);

        /// <inheritdoc/>
        public TimeSpan UnavailableFor()
        {
            if (_breaker.IsClosed && Volatile.Read(ref _cooledUntil) == 0)
            {
                return TimeSpan.Zero;
            }

            TimeSpan cooled = CooledFor();
            TimeSpan open = Expected(_breaker.TimeUntilPass());
            TimeSpan wait = cooled > open ? cooled : open;
            return wait > _pipeline._settings.Options.HoldTolerance || open > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }

        /// <inheritdoc/>
        public string WhyUnavailable => CooledFor() > Expected(_breaker.TimeUntilPass()) ? $"{Id} has asked to be left alone" : $"the circuit of {Id} is open";

        public TimeoutException AttemptTimedOut(Exception? inner) => new TimeoutException(
            $"{Id} did not answer within AttemptTimeout ({Duration.ToText(Options.AttemptTimeout)}).", inner);

        public TargetSignals Read() => Read(Counters.Latency.Take());

        private TargetSignals Read(LatencyDistribution latency) => new()
        {
            Target = Id,
            Pool = Pool?.Name,
            ParkedFor = ParkedFor,
            CircuitState = _breaker.State,
            CooledFor = CooledFor(),
            CurrentInflight = _limiter.InFlight,
            MaxInflight = _limiter.MaxInflight,
            RateRemaining = _rate.Remaining,
            TokensRemaining = _rate.TokensRemaining,
            InputTokensRemaining = _rate.InputTokensRemaining,
            OutputTokensRemaining = _rate.OutputTokensRemaining,
            Attempts = Counters.Attempts.Value,
            Retries = Counters.Retries.Value,
            HedgesWon = Counters.HedgesWon.Value,
            Hedges = Counters.Hedges.Value,
            RedirectedAway = Counters.RedirectedAway.Value,
            Abandoned = Counters.Abandoned.Value,
            RetriesOverBudget = _budget.Refused,
            Constraints = _constraints.Read(_pipeline._consumerWaits),
            Outcomes = Counters.ReadOutcomes(),
            Latency = latency.Quantiles,
            LatencyDistribution = latency,
            HealthScore = _breaker.State switch
            {
                CircuitState.Open => 0,
                CircuitState.HalfOpen => _breaker.SuccessShare / 2,
                _ => _breaker.SuccessShare,
            },
            Depths = new StageDepths(
                Pool is null || Pool.IsFirst(this) ? Door.Waiting : 0,
                CountAt(TicketPlace.Admitting),
                Volatile.Read(ref _backlog),
                _limiter.InFlight,
                DelayedHere,
                CountAt(TicketPlace.Settling)),
        };

        private long CountAt(TicketPlace place)
        {
            long count = 0;
            foreach (Ticket<TRequest, TResponse>? ticket in Volatile.Read(ref _tickets))
            {
                if (ticket is null)
                {
                    break;
                }

                count += ticket.Place == place ? 1 : 0;
            }

            return count;
        }

        // What has left is read first, so that what moves meanwhile shows as a little too deep and never as negative.
        private static long Gap(Counter left, Counter came)
        {
            long gone = left.Value;
            return came.Value - gone;
        }

        /// <summary>A probe under way may take as long as an attempt, but whoever asks when to come back wants to know when it is usually over.</summary>
        private TimeSpan Expected(TimeSpan wait)
        {
            TimeSpan usual = Options.CircuitBreaker.Cooldown;
            return wait > usual && _breaker.State == CircuitState.HalfOpen ? usual : wait;
        }

        private TimeSpan CooledFor() =>
            Volatile.Read(ref _cooledUntil) is var until && until == 0 ? TimeSpan.Zero : _pipeline._clock.ToTimeSpan(until - _pipeline._clock.Now);
    }
}
