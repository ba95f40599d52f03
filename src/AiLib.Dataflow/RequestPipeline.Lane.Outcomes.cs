using System.Runtime.CompilerServices;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Recovery;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>What a lane learns from the end of an attempt, and gives back.</summary>
    private sealed partial class Lane
    {
        // A target that asks to be left alone for longer is tried again after this: a server must not be able to switch it off for a year.
        private static readonly TimeSpan LongestCooling = TimeSpan.FromHours(1);

        /// <summary>Ends what an attempt holds that brought an answer.</summary>
        public void OnAnswered(Ticket<TRequest, TResponse> ticket, in Outcome<TResponse> outcome, long now, ThisThread thread)
        {
            if (_costs is not null && _countsTokens && !ticket.HasOwnCost)
            {
                EndRecounted(ticket, outcome, now, thread);
            }
            else
            {
                EndAnswered(ticket, outcome, now, thread);
            }
        }

        // Not inlined: see Attempt.Await.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void EndRecounted(Ticket<TRequest, TResponse> ticket, in Outcome<TResponse> outcome, long now, ThisThread thread) =>
            EndAnswered(ticket, Recount(ticket, outcome), now, thread);

        private void EndAnswered(Ticket<TRequest, TResponse> ticket, in Outcome<TResponse> outcome, long now, ThisThread thread)
        {
            Count(ticket, OutcomeKind.Answered, now, thread);
            if (outcome.HasReadings)
            {
                Learn(ticket, outcome, now);
            }

            if (_rate.IsWithinToldWait(ticket.StartedAt))
            {
                _rate.OnAnsweredWithinToldWait();
            }

            if (_rate.IsInDoubt)
            {
                _rate.OnServed(ticket.StartedAt);
            }

            if (Pool is not null)
            {
                SettleShared(ticket, outcome, now);
            }

            _capacity.GiveAnswered(ticket.Pass, outcome.CostOr(ticket.Pass.Reservation.Cost), now, now, thread);
            OnPermitReturned(now);
        }

        // As above.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void SettleShared(Ticket<TRequest, TResponse> ticket, in Outcome<TResponse> outcome, long now) =>
            Pool?.Shared?.Settle(ticket.SharedCredits, outcome.TokenCost, now);

        /// <summary>Ends what an attempt holds that failed, and learns from it.</summary>
        public void OnFailed(Ticket<TRequest, TResponse> ticket, in Outcome<TResponse> outcome, long now, ThisThread thread)
        {
            if (outcome.CostLimit is { } told)
            {
                // Before the permit goes back: whoever gets it meets the news.
                LearnCostLimit(ticket, told, now);
            }

            if (outcome is { Kind: OutcomeKind.TooLarge, Cost: null })
            {
                // What never fits was counted nowhere, and may have taken all there was.
                EndFailed(ticket, outcome with { Cost = 0 }, now, thread);
            }
            else
            {
                EndFailed(ticket, outcome, now, thread);
            }
        }

        private void EndFailed(Ticket<TRequest, TResponse> ticket, in Outcome<TResponse> outcome, long now, ThisThread thread)
        {
            if (ticket.GivenUp == GiveUpReason.None)
            {
                // Before the permit goes back: what waits here would take it, and be sent to a member that is just being parked.
                Pool?.OnFailed(this, outcome);
            }

            bool isTold = outcome.Kind == OutcomeKind.Throttled && outcome.RetryAfter is not null;
            Count(ticket, outcome.Kind, now, thread, isQuota: isTold && _rate.IsPaced);
            if (outcome.HasReadings)
            {
                Learn(ticket, outcome, now);
            }

            TimeSpan? asked = outcome.RetryAfter > LongestCooling ? LongestCooling : outcome.RetryAfter;
            TokenCost cost = ticket.Pass.Reservation.Cost == ticket.Cost.Total ? ticket.Cost : ticket.Pass.Reservation.Cost;
            SettleShared(ticket, outcome, now);
            _capacity.Give(ticket.Pass, outcome.Kind, outcome.TokenCost, asked, now, now, thread);
            if (isTold)
            {
                // After what it had taken is back, or that would lie on top of what the refusal leaves.
                _rate.OnRefused(ticket.StartedAt, cost, asked.GetValueOrDefault(), now);
            }

            if (asked > RetryPolicy.MaxServerDelay && outcome.Kind is OutcomeKind.Throttled or OutcomeKind.Exhausted or OutcomeKind.Overloaded)
            {
                CoolUntil(_pipeline._clock.After(now, asked.Value));
            }

            OnPermitReturned(now);
        }

        /// <summary>Spends a retry of the target's budget if the verdict is one; without one left, the verdict is another. A hedge has no second attempt.</summary>
        public Verdict WithinBudget(Verdict verdict, in RecoveryFacts facts, Ticket<TRequest, TResponse> ticket, long now)
        {
            if (ticket.Use == TicketUse.Hedge)
            {
                return Verdict.Settle(SettleReason.Final);
            }

            return verdict.Kind != VerdictKind.Retry || !HasBudget(ticket) || _budget.TrySpend(now) ? verdict : facts.Elsewhere(SettleReason.BudgetSpent);
        }

        private bool HasBudget(Ticket<TRequest, TResponse> ticket) => Options.Retry.Budget switch
        {
            RetryBudgetUse.Calls => ticket.Use is TicketUse.Call or TicketUse.HedgeableCall,
            RetryBudgetUse.All => true,
            _ => false,
        };

        private void Count(Ticket<TRequest, TResponse> ticket, OutcomeKind kind, long now, ThisThread thread, bool isQuota = false)
        {
            CounterRow row = _pipeline._counters.Of(thread);
            Counters.CountOutcome(kind, row);
            Counters.Latency.Record(now - ticket.StartedAt, row);

            // Before the permit goes back: whoever gets it meets the new limit.
            // A quota that is used up says nothing about how many may be in flight: the rate limiter waits for it.
            _adaptive?.Observe(ticket.StartedAt, now, ticket.InFlightAtStart, isQuota ? PermitEnd.Ignored : kind.ToPermitEnd());
        }

        private void OnCircuitChanged(CircuitChange change)
        {
            if (change.To == CircuitState.Open)
            {
                Door.Reconsider();
            }

            // Tickets held in any lane may be able to move now.
            foreach (Lane lane in _pipeline._lanes)
            {
                lane.Pulse();
            }

            _pipeline.Raise(_pipeline._settings.OnCircuitChanged, new CircuitEvent(Id, change));
        }

        private void OnPermitReturned(long now)
        {
            // In this order: the first is written seldom, so looking at it costs nothing; the second by every attempt.
            if (_constraints.IsBusy && _limiter.InFlight == 0)
            {
                _constraints.OnIdle(now);
            }

            OnPermitReturned();
        }

        // After the permit went back, which is an interlocked operation: a ticket that was refused it is seen here, or sees that there is one.
        private void OnPermitReturned()
        {
            if (Volatile.Read(ref _backlog) > 0)
            {
                _wake.Pulse();
            }

            // What waits at another member may start here now.
            Pool?.PulseWaiting();
        }

        private void CoolUntil(long timestamp)
        {
            long seen = Volatile.Read(ref _cooledUntil);
            while (timestamp > seen)
            {
                long before = Interlocked.CompareExchange(ref _cooledUntil, timestamp, seen);
                if (before == seen)
                {
                    Door.Reconsider();
                    return;
                }

                seen = before;
            }
        }
    }
}
