using System.Globalization;
using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>What requests cost at a lane's target, and which are too large for it.</summary>
    /// <remarks>
    /// What a request costs is worked out anew at each try to start it: the next target may count otherwise, and the answers that came meanwhile may have taught something.
    /// Where nobody says what requests cost, all this is one look at a field.
    /// </remarks>
    private sealed partial class Lane
    {
        // Set once in the constructor: says what requests cost here; and whether any target of the pipeline has one, so that a cost of another target must not stay.
        private readonly ICostEstimator<TRequest, TResponse>? _costs;
        private readonly bool _pricesTickets;

        // Guarded by _limitsSync, the first read without it: what the target told that one request may cost at most, null while it told nothing; and until when that is believed.
        private volatile ToldCosts? _told;
        private long _toldUntil;

        // Whether anything limits tokens, so that it matters what requests cost. Looked up once for each change of the limits.
        private volatile bool _countsTokens;

        /// <inheritdoc/>
        public bool Fits(in RequestCost<TRequest> wanted) => Volatile.Read(ref _largestCost) == long.MaxValue || FitsLimits(wanted);

        /// <inheritdoc/>
        public Refusal NeverFits(in RequestCost<TRequest> wanted)
        {
            TokenCost cost = LeastOf(wanted);
            ToldCosts? told = _told;
            Refusal refusal = IsParked ? new Refusal("parked", $"{Id} is parked: its key was refused or its quota is used up.", ParkedFor)
                : told is { AllowsNothing: true } ? new Refusal("exhausted", $"{Id} allows nothing: it says that its limit is 0. Look at the plan behind its key, or add another target.")
                : told?.Exceeded(cost) is { } exceeded ? new Refusal("never_fits", TooLargeFor(exceeded))
                : Pool?.Shared is { } shared && !shared.Fits(cost) ? shared.NeverFits(cost)
                : _rate.NeverFits(cost);
            return refusal with { Target = Id };
        }

        /// <summary>What an attempt is expected to cost here.</summary>
        public TokenCost CostOf(in RequestCost<TRequest> wanted) =>
            wanted.Own.Total != 0 || _costs is null || !_countsTokens ? wanted.Own : Expect(wanted.Request);

        /// <summary>That a request is too large, in words.</summary>
        /// <param name="limit">For what, with what it costs; null when the target did not say.</param>
        public string TooLargeFor(CostLimit? limit)
        {
            (string what, string cure) = limit?.Dimension switch
            {
                QuotaDimension.InputTokens => ("prompt", "shorten it"),
                QuotaDimension.OutputTokens => ("answer", "lower its max_tokens"),
                _ => ("request", "shorten it, lower its max_tokens"),
            };
            string most = limit?.Limit.ToString(CultureInfo.InvariantCulture) ?? "a certain number of";
            string its = limit?.Requested is { } cost ? $", and this one costs {cost.ToString(CultureInfo.InvariantCulture)}" : "";
            return $"{Id} takes no {what} of more than {most} tokens{its}; {cure}, or add a target that takes more.";
        }

        private bool FitsLimits(in RequestCost<TRequest> wanted)
        {
            TokenCost cost = LeastOf(wanted);
            do
            {
                if (cost.Total <= Volatile.Read(ref _largestCost) || FitsInParts(cost))
                {
                    return true;
                }
            }
            while (TryForgetCostLimit());
            return false;
        }

        private TokenCost LeastOf(in RequestCost<TRequest> wanted)
        {
            if (wanted.Own.Total != 0 || _costs is null)
            {
                return wanted.Own;
            }

            try
            {
                TokenCost least = _costs.ExpectAtLeast(wanted.Request);
                return least.Total < 0 ? default : least;
            }
            catch (Exception)
            {
                // A user's code, as below.
                _pipeline._counters.HookErrors.Increment();
                return default;
            }
        }

        private TokenCost Expect(TRequest request)
        {
            try
            {
                TokenCost expected = _costs!.Expect(request);
                return expected.Total < 0 ? default : expected;
            }
            catch (Exception)
            {
                // A user's code: an error in it must not stop the lane. What it does not know is settled by the answer.
                _pipeline._counters.HookErrors.Increment();
                return default;
            }
        }

        /// <summary>The answer with the cost that its target's estimator makes of it.</summary>
        private Outcome<TResponse> Recount(Ticket<TRequest, TResponse> ticket, in Outcome<TResponse> answer)
        {
            try
            {
                return _costs!.Settle(ticket.Request, answer) is { Total: >= 0 } cost ? answer with { TokenCost = cost } : answer;
            }
            catch (Exception)
            {
                // As above.
                _pipeline._counters.HookErrors.Increment();
                return answer;
            }
        }

        /// <summary>The target said what one request may cost at most: from now on what costs more goes elsewhere, or is refused before it is sent.</summary>
        private void LearnCostLimit(Ticket<TRequest, TResponse> ticket, in CostLimit told, long now)
        {
            if (told is { Dimension: QuotaDimension.Requests, Limit: > 0 } || !_rate.LearnsFromAnswers)
            {
                return;
            }

            TokenCost own = ticket.Wanted.Own.Total != 0 || _costs is null ? ticket.Wanted.Own : Expect(ticket.Request);
            lock (_limitsSync)
            {
                _told = (_told is { } known && _toldUntil > now ? known : ToldCosts.None).With(told, own);
                _toldUntil = _pipeline._clock.After(now, LongestCooling);
            }

            NoteLimits();

            // Those that wait here may be among those that are too large.
            Pulse();
        }

        /// <summary>Forgets what was told when its time is over, as a plan may have been changed: the next request asks the target again.</summary>
        private bool TryForgetCostLimit()
        {
            lock (_limitsSync)
            {
                if (_told is null || _toldUntil > _pipeline._clock.Now)
                {
                    return false;
                }

                _told = null;
            }

            NoteLimits();
            return true;
        }

        private void ForgetCostLimit()
        {
            lock (_limitsSync)
            {
                _told = null;
            }
        }
    }
}
