using AiLib.Dataflow.Admission;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Pools;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>Several lanes that stand for one place in the fallback order: one door, one choice, perhaps one limit over all of them.</summary>
    /// <remarks>
    /// <para>The door is common, so a request does not wait for the slots of a member that another could take. Inboxes stay each member's own; a ticket that is held
    /// up in one is handed to a member that could start it now, so as long as a ticket waits, no member that could take it idles.</para>
    /// <para>Threading: everything from anywhere. The lock guards who is parked; no foreign code runs under it.</para>
    /// </remarks>
    private sealed class LanePool : IDisposable
    {
        // A member that throttles without naming a time is passed over for so long.
        private static readonly TimeSpan ShortRest = TimeSpan.FromSeconds(1);

        private readonly RequestPipeline<TRequest, TResponse> _pipeline;
        private readonly PoolOptions _options;
        private readonly Lane[] _members;
        private readonly MemberChoice _choice;
        private readonly int _slots;
        private readonly Alarm _alarm;
        private readonly Lock _sync = new();

        // Made with the first limit, under the lock; what took nothing from it is told by its edition.
        private volatile RateLimiter? _shared;

        // Written while the lanes are made.
        private AdmissionDoor<Ticket<TRequest, TResponse>>? _door;
        private int _joined;

        public LanePool(RequestPipeline<TRequest, TResponse> pipeline, PoolSettings settings)
        {
            _pipeline = pipeline;
            _options = settings.Options;
            Name = settings.Name;
            TargetSettings<TRequest, TResponse>[] targets = [.. pipeline._settings.Targets.Where(target => ReferenceEquals(target.Pool, settings))];
            _members = new Lane[targets.Length];
            _slots = targets.Sum(target => target.Options.EffectiveSlots);
            _choice = new MemberChoice([.. targets.Select(target => target.Weight)], _options.Choice);
            _alarm = new Alarm(pipeline._clock, OnAlarm);
            _shared = _options.SharedLimit.IsAny ? new RateLimiter(_options.SharedLimit, pipeline._settings.TimeProvider) : null;
        }

        public string Name { get; }

        /// <summary>The members' lanes; all there once the pipeline is built.</summary>
        public ReadOnlySpan<Lane> Members => _members;

        /// <summary>How many members there are; their lanes are neighbours.</summary>
        public int Size => _members.Length;

        /// <summary>The limit over all members, if there is or ever was one.</summary>
        public RateLimiter? Shared => _shared;

        /// <summary>What is configured for all members together; a copy.</summary>
        public TargetLimits Limits => new(_shared?.Options ?? new RateLimiterOptions(), maxInflight: 0);

        /// <summary>The members' lanes, a bit each: a ticket that leaves the pool has visited all of it.</summary>
        public ulong Lanes { get; private set; }

        /// <summary>Takes a member in, the next in order.</summary>
        /// <returns>The door that it shares with the others.</returns>
        public AdmissionDoor<Ticket<TRequest, TResponse>> Join(Lane lane, Func<Ticket<TRequest, TResponse>> create)
        {
            _members[_joined++] = lane;
            Lanes |= 1UL << lane.Index;
            return _door ??= new AdmissionDoor<Ticket<TRequest, TResponse>>(_slots, create);
        }

        /// <summary>Whether observers see the door at that lane: it is one, and must not be counted at each.</summary>
        public bool IsFirst(Lane lane) => ReferenceEquals(_members[0], lane);

        /// <summary>Chooses a member that can be called.</summary>
        /// <param name="wanted">What it has to fit.</param>
        /// <param name="excluded">Lanes that are not chosen, a bit each.</param>
        /// <param name="rest">Whether a resting member may be chosen.</param>
        public Lane? Choose(in RequestCost<TRequest> wanted, ulong excluded, PoolRest rest)
        {
            long now = _pipeline._clock.Now;
            Span<long> loads = stackalloc long[_members.Length];
            Span<long> resting = stackalloc long[_members.Length];
            for (int place = 0; place < _members.Length; place++)
            {
                Lane lane = _members[place];
                bool can = (excluded & (1UL << lane.Index)) == 0 && lane.Fits(wanted) && lane.UnavailableFor() == TimeSpan.Zero;
                bool rests = lane.RestsUntil > now;
                loads[place] = can && !rests ? lane.Load : -1;
                resting[place] = can && rests ? lane.Load : -1;
            }

            int chosen = _choice.Choose(loads);
            chosen = chosen < 0 && rest == PoolRest.Allowed ? _choice.Choose(resting) : chosen;
            return chosen < 0 ? null : _members[chosen];
        }

        /// <summary>A member that could start a ticket now which is held up at another; the least loaded.</summary>
        public Lane? WhoCouldStart(Ticket<TRequest, TResponse> ticket, Lane held)
        {
            if (ticket.IsPinned)
            {
                return null;
            }

            // What was attempted here goes to a member only once before it waits for its next turn, so that no fault makes it go round and round.
            ulong excluded = (ticket.AttemptsOnLane > 0 ? ticket.Visited : 0) | (1UL << held.Index);
            long now = _pipeline._clock.Now;
            Lane? best = null;
            foreach (Lane lane in _members)
            {
                if ((excluded & (1UL << lane.Index)) == 0 && lane.CouldStart(ticket.Wanted, now) && (best is null || lane.Load < best.Load))
                {
                    best = lane;
                }
            }

            return best;
        }

        /// <summary>A member that could start a hedge now; the least loaded.</summary>
        public Lane? WhoCouldHedge(in RequestCost<TRequest> wanted, ulong excluded, long now)
        {
            Lane? best = null;
            foreach (Lane lane in _members)
            {
                if ((excluded & (1UL << lane.Index)) == 0 && lane.CouldHedge(wanted, now) && (best is null || lane.Load < best.Load))
                {
                    best = lane;
                }
            }

            return best;
        }

        /// <summary>When to look again for a ticket that is held up: where only time is missing at a member, nothing else tells.</summary>
        public TimeSpan LookAgain(Ticket<TRequest, TResponse> ticket, Lane held, TimeSpan wait)
        {
            if (ticket.IsPinned)
            {
                return wait;
            }

            long now = _pipeline._clock.Now;
            foreach (Lane lane in _members)
            {
                TimeSpan other = ReferenceEquals(lane, held) ? TimeSpan.Zero : lane.TimeUntilStart(ticket.Wanted, now);
                wait = other > TimeSpan.Zero && other < wait ? other : wait;
            }

            return wait;
        }

        /// <summary>A retry is due: any member may make it. The one that failed keeps it when no other is free to be asked.</summary>
        public Lane Again(Ticket<TRequest, TResponse> ticket, Lane lane)
        {
            if (ticket.IsPinned)
            {
                return lane;
            }

            // A member that asked this ticket to wait longer than its delay stays visited.
            long now = _pipeline._clock.Now;
            foreach (Lane member in _members)
            {
                ticket.Visited &= member.RestsUntil > now ? ulong.MaxValue : ~(1UL << member.Index);
            }

            Lane next = Choose(ticket.Wanted, ticket.Visited, PoolRest.Respected) ?? lane;
            ticket.Lane = next.Index;
            ticket.Visited |= 1UL << next.Index;
            return next;
        }

        /// <summary>Forgets where a ticket has only waited.</summary>
        public void Forget(Ticket<TRequest, TResponse> ticket, Lane lane)
        {
            if (ticket.AttemptsOnLane > 0)
            {
                return;
            }

            foreach (Lane member in _members)
            {
                ticket.Visited &= ReferenceEquals(member, lane) ? ulong.MaxValue : ~(1UL << member.Index);
            }
        }

        /// <summary>Where a ticket goes that waits at a parked member; the last resort is a member that cannot be called just now.</summary>
        public Lane? Instead(Ticket<TRequest, TResponse> ticket, Lane parked) =>
            Choose(ticket.Wanted, ticket.Visited | (1UL << parked.Index), PoolRest.Respected)
            ?? Array.Find(_members, lane => !ReferenceEquals(lane, parked) && lane.Fits(ticket.Wanted) && (ticket.Visited & (1UL << lane.Index)) == 0)
            ?? (ticket.AttemptsOnLane > 0 ? null : Array.Find(_members, lane => !ReferenceEquals(lane, parked) && lane.Fits(ticket.Wanted)));

        /// <summary>Learns from a failed attempt: a refused key parks its member, a full quota lets it rest.</summary>
        public void OnFailed(Lane lane, in Outcome<TResponse> outcome)
        {
            long now = _pipeline._clock.Now;
            if (outcome.Kind is OutcomeKind.Throttled or OutcomeKind.Overloaded)
            {
                lane.RestUntil(_pipeline._clock.After(now, outcome.RetryAfter ?? ShortRest));
            }
            else if (outcome.Kind == OutcomeKind.Exhausted)
            {
                Park(lane, outcome, now);
            }
        }

        /// <summary>Replaces what is configured for all members together.</summary>
        /// <exception cref="ConfigurationException">A limit is out of range; nothing has changed.</exception>
        public void UpdateLimits(TargetLimits limits)
        {
            SettingsCheck check = new();
            limits.CheckShared(check.In(Name));
            check.ThrowIfAny();
            lock (_sync)
            {
                if (_shared is null && limits.RateLimiter.IsAny)
                {
                    // Empty at first: its buckets come with the second edition, and those in flight took nothing from them.
                    _shared = new RateLimiter(new RateLimiterOptions(), _pipeline._settings.TimeProvider);
                }
            }

            _shared?.UpdateLimits(limits.RateLimiter);
            foreach (Lane member in _members)
            {
                member.OnSharedLimits();
            }
        }

        /// <summary>Lets every member look again that has tickets waiting.</summary>
        public void PulseWaiting()
        {
            foreach (Lane lane in _members)
            {
                lane.PulseIfWaiting();
            }
        }

        public void Dispose() => _alarm.Dispose();

        private void Park(Lane lane, in Outcome<TResponse> outcome, long now)
        {
            TimeSpan? time = outcome.RetryAfter is { } asked && asked > TimeSpan.Zero ? asked : _options.ParkFor;
            long until = time is { } span ? _pipeline._clock.After(now, span) : Clock.Never;
            int left;
            lock (_sync)
            {
                left = _members.Count(member => !member.IsParked) - 1;

                // The last one goes on: its refusals are then the pool's, and what follows is what follows for a target alone.
                if (lane.IsParked || left == 0)
                {
                    return;
                }

                lane.ParkedUntil = until;
            }

            _alarm.SetFor(until);
            lane.OnParkedOrBack();
            _pipeline.Raise(_pipeline._settings.OnMemberParked, new ParkEvent(Name, lane.Id, time, left, outcome.Error));
        }

        private void OnAlarm()
        {
            long now = _pipeline._clock.Now;
            long next = Clock.Never;
            lock (_sync)
            {
                foreach (Lane lane in _members)
                {
                    if (lane.IsParked && lane.ParkedUntil <= now)
                    {
                        lane.ParkedUntil = 0;
                    }
                    else if (lane.IsParked)
                    {
                        next = Math.Min(next, lane.ParkedUntil);
                    }
                }
            }

            _alarm.SetFor(next);
            foreach (Lane lane in _members)
            {
                lane.OnParkedOrBack();
            }
        }
    }
}
