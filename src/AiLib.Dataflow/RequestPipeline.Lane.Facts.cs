using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>What others may know of a lane: whether it can be called, and what observers see; and its tickets, which are made when they are needed.</summary>
    private sealed partial class Lane
    {
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
            RequestLimitPerMinute = _rate.RequestsPerMinute,
            TokenLimitPerMinute = _rate.TokensPerMinute,
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

        private Ticket<TRequest, TResponse> MakeTicket()
        {
            Ticket<TRequest, TResponse> ticket = new(Index, _pipeline._counters.HookErrors);
            if (_made == _tickets.Length)
            {
                Ticket<TRequest, TResponse>?[] larger = new Ticket<TRequest, TResponse>?[_made * 2];
                _tickets.CopyTo(larger, 0);
                Volatile.Write(ref _tickets, larger);
            }

            Volatile.Write(ref _tickets[_made++], ticket);
            return ticket;
        }

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
