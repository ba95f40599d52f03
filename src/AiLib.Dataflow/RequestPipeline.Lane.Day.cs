using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>A quota of a day that is used up: the target is unavailable, as if it had asked to be left alone for that long.</summary>
    private sealed partial class Lane
    {
        // What this wrote to _cooledUntil, 0 where it did not: other limits take it back, and never what the target itself asked for.
        private long _dayEndsUntil;

        /// <summary>Makes the target unavailable if it is the quota of a day that a ticket would have to wait for, and for longer than anybody waits for a server.</summary>
        private bool TryEndDay(CapacityCheck check, in TokenCost cost, long now, out TimeSpan wait)
        {
            RateLimiter rate = check == CapacityCheck.Shared ? Pool!.Shared! : _rate;
            wait = TimeUntilDayAllows(rate, cost);
            if (wait <= RetryPolicy.MaxServerDelay)
            {
                return false;
            }

            wait = wait < LongestCooling ? wait : LongestCooling;
            long until = _pipeline._clock.After(now, wait);
            foreach (Lane lane in ReferenceEquals(rate, _rate) ? new ReadOnlySpan<Lane>(in _self) : Pool!.Members)
            {
                lane.CoolUntil(until);
                Volatile.Write(ref lane._dayEndsUntil, until);
            }

            // Looked at again: whoever changes the limits takes back what he finds, and may have come in between.
            if (TimeUntilDayAllows(rate, cost) <= RetryPolicy.MaxServerDelay)
            {
                foreach (Lane lane in ReferenceEquals(rate, _rate) ? new ReadOnlySpan<Lane>(in _self) : Pool!.Members)
                {
                    lane.BeginDay();
                }

                return false;
            }

            return true;
        }

        /// <summary>The limits have changed, so the quota of a day may be another one.</summary>
        private void BeginDay()
        {
            long until = Interlocked.Exchange(ref _dayEndsUntil, 0);
            if (until != 0)
            {
                Interlocked.CompareExchange(ref _cooledUntil, 0, until);
            }
        }

        /// <summary>Which credits are missing where the quota of a day is used up; null where it is not.</summary>
        private Constraint? MissingOfDay(in TokenCost cost)
        {
            if (Volatile.Read(ref _dayEndsUntil) is var until && (until == 0 || until != Volatile.Read(ref _cooledUntil)))
            {
                return null;
            }

            return MissingCredits(Pool?.Shared is { } shared && TimeUntilDayAllows(_rate, cost) == TimeSpan.Zero ? shared : _rate, cost);
        }

        // Attempts in flight may use less than was reserved for them, and then a day's tokens come back. A day's requests do not.
        private TimeSpan TimeUntilDayAllows(RateLimiter rate, in TokenCost cost)
        {
            bool mayComeBack = false;
            foreach (Lane lane in ReferenceEquals(rate, _rate) ? new ReadOnlySpan<Lane>(in _self) : Pool!.Members)
            {
                mayComeBack |= lane._limiter.InFlight > 0;
            }

            return rate.TimeUntilDayAllows(cost, countsTokens: !mayComeBack);
        }
    }
}
