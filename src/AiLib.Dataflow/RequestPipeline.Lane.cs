using AiLib.Dataflow.Admission;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Capacity.Limits;
using AiLib.Dataflow.Dispatch;
using AiLib.Dataflow.Recovery;
using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>The inside of one target: inbox, gate, limiter, breaker, loop.</summary>
    /// <remarks>
    /// <para>A ticket that finds the inbox empty and the target ready starts at once, on the thread that brings it. Every other goes into the inbox: one
    /// loop takes the next ticket, asks for circuit, permit and credits in one step, and starts the attempt; it never waits for the attempt. Held up, it
    /// puts the ticket back and waits for a pulse: something came in, an attempt ended, a circuit changed, or the alarm rang.</para>
    /// <para>Threading: the loop is the only one that reads the inbox; everything else may be called by anyone.</para>
    /// </remarks>
    private sealed partial class Lane : ITargetFacts<TRequest>, IAttemptOwner<TRequest, TResponse>, IDisposable
    {
        // Set once in the constructor.
        private readonly RequestPipeline<TRequest, TResponse> _pipeline;
        private readonly LaneInbox<Ticket<TRequest, TResponse>> _inbox;
        private readonly WakeSignal _wake = new();
        private readonly Alarm _alarm;
        private readonly PreflightChecker _capacity;
        private readonly CircuitBreaker _breaker;
        private readonly RateLimiter _rate;
        private readonly Backpressure _limiter;
        private readonly AdaptiveControl? _adaptive;
        private readonly RetryBudget _budget;
        private readonly long _attemptTime;

        // By so much the watch looks at an attempt before its time is up, because it may be hedged by then; zero without hedging.
        private readonly long _watchLead;
        private readonly TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // Written under the door's lock, which makes tickets one at a time; read by anyone. Null from the first one on that was never needed.
        private Ticket<TRequest, TResponse>?[] _tickets = new Ticket<TRequest, TResponse>?[16];
        private int _made;

        // Tickets in the inbox, the one that is held up included. Raised before a ticket is put in and lowered when it has left; only where it is zero may
        // a ticket start without the inbox, and only where it is not can somebody wait for the end of an attempt.
        private int _backlog;

        // Moved forward only, by interlocked operations: the target asked to be left alone until then.
        private long _cooledUntil;

        // Set by anyone before a pulse, cleared by the loop.
        private volatile bool _sweepRequested;
        private volatile bool _completed;

        // Owned by the loop: it is held up because the target cannot be called, so others in the inbox may do better elsewhere.
        private bool _isUncallable;

        public Lane(RequestPipeline<TRequest, TResponse> pipeline, TargetSettings<TRequest, TResponse> target, int index)
        {
            _pipeline = pipeline;
            _self = this;
            _constraints = new ConstraintClock(pipeline._clock);
            Id = target.Id;
            Index = index;
            Options = target.Options;
            Pool = pipeline.PoolOf(target);
            TimeProvider time = pipeline._settings.TimeProvider;

            // An attempt always ends by its own time-out, so a probe is silent only when it takes longer than that.
            CircuitBreakerOptions breaker = Options.CircuitBreaker with { };
            breaker.ProbeLease = breaker.ProbeLease > Options.AttemptTimeout ? breaker.ProbeLease : Options.AttemptTimeout;
            _breaker = new CircuitBreaker(breaker, time, OnCircuitChanged);
            CapacityState state = new();
            _rate = new RateLimiter(Options.RateLimiter, time, state);
            _limiter = new Backpressure(Options.InflightAtStart, state);
            _adaptive = Options.AdaptiveLimit is { } adaptive ? new AdaptiveControl(new AdaptiveLimit(adaptive), _limiter, pipeline._clock) : null;
            _budget = new RetryBudget(Options.Retry.BudgetShare, Options.Retry.BudgetReserve, pipeline._clock.ToUnits(Options.Retry.BudgetWindow));
            _costs = target.Endpoint as ICostEstimator<TRequest, TResponse>;
            _pricesTickets = pipeline._settings.Targets.Any(other => other.Endpoint is ICostEstimator<TRequest, TResponse>);
            NoteLimits();
            _attemptTime = pipeline._clock.ToUnits(Options.AttemptTimeout);
            _watchLead = Math.Max(0, _attemptTime - pipeline._hedgeDelay);
            _capacity = new PreflightChecker(_breaker, _rate, _limiter);
            RetryPolicy = new RetryPolicy(Options.Retry, time);
            Dispatcher = new Dispatcher<TRequest, TResponse>(
                this, Id, Options.AttemptTimeout, target.Endpoint, pipeline._settings.Classifier, pipeline._settings.Reclassify);
            Counters = pipeline._counters.OfLane(index);
            Door = Pool?.Join(this, MakeTicket) ?? new AdmissionDoor<Ticket<TRequest, TResponse>>(Options.EffectiveSlots, MakeTicket);
            _inbox = new LaneInbox<Ticket<TRequest, TResponse>>(pipeline._slots);
            _alarm = new Alarm(pipeline._clock, _wake.Pulse);
        }

        public string Id { get; }

        public int Index { get; }

        public TargetOptions Options { get; }

        /// <summary>Whether attempts begin on the thread that starts them, which is the loop's or a caller's. Changes when a limit is learned: it too is kept at the wire.</summary>
        public bool DispatchesInline => _dispatchesInline;

        public AdmissionDoor<Ticket<TRequest, TResponse>> Door { get; }

        /// <summary>The tickets that have ever been needed.</summary>
        public IEnumerable<Ticket<TRequest, TResponse>> Tickets => Volatile.Read(ref _tickets).TakeWhile(ticket => ticket is not null)!;

        public RetryPolicy RetryPolicy { get; }

        public Dispatcher<TRequest, TResponse> Dispatcher { get; }

        public LaneCounters Counters { get; }

        /// <summary>Starts the loop. It belongs to the pipeline, not to the context it was built in.</summary>
        public void Start()
        {
            using AsyncFlowControl flow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();

            // Not awaited: it never ends, and is garbage with its lane.
            _ = RunAsync();
        }

        /// <summary>Starts a new ticket without the inbox, if nothing waits there and the target has room.</summary>
        /// <param name="ticket">The ticket, on its way in.</param>
        /// <param name="from">Where it is.</param>
        /// <param name="now">A timestamp that has just been read.</param>
        /// <param name="thread">This thread.</param>
        /// <param name="hasReturned">Whether its endpoint has returned already.</param>
        /// <returns>False when it has to queue up; nothing was taken then.</returns>
        public bool TryStartAtOnce(Ticket<TRequest, TResponse> ticket, TicketPlace from, long now, ThisThread thread, out bool hasReturned)
        {
            hasReturned = false;
            if (!TryTakeAtOnce(ticket, now, thread))
            {
                return false;
            }

            hasReturned = StartAttempt(ticket, from, now, thread);
            return true;
        }

        /// <summary>Puts a ready ticket into the inbox. There is room for every slot.</summary>
        public void Enqueue(Ticket<TRequest, TResponse> ticket, bool begun)
        {
            long version = ticket.Version;
            Interlocked.Increment(ref _backlog);
            _inbox.Put(ticket, begun);

            // After the put: whoever gives the ticket up later finds it here, whoever did before is seen now.
            if (ticket.IsGivenUp(version))
            {
                _sweepRequested = true;
            }

            _wake.Pulse();
        }

        /// <summary>Looks again: the world has changed.</summary>
        public void Pulse() => _wake.Pulse();

        /// <summary>Takes out what was given up, wherever in the inbox it is.</summary>
        public void RequestSweep()
        {
            _sweepRequested = true;
            _wake.Pulse();
        }

        /// <summary>Waits until the inbox is empty, with nothing to come but what somebody holds up: the loop stays for that.</summary>
        public Task CompleteAsync()
        {
            _completed = true;
            _wake.Pulse();
            return _emptied.Task;
        }

        public void Dispose()
        {
            _alarm.Dispose();
            Pool?.Dispose();
        }

        /// <inheritdoc/>
        public void OnReturned(
            Ticket<TRequest, TResponse> ticket, in AttemptCall<TRequest, TResponse> call, in Outcome<TResponse> outcome, bool isOutermost) =>
            _pipeline.OnReturned(this, ticket, call, outcome, isOutermost);

        private async Task RunAsync()
        {
            while (true)
            {
                if (_sweepRequested)
                {
                    _sweepRequested = false;
                    _inbox.Sweep(TryDrop);
                }

                if (IsParked)
                {
                    _inbox.Sweep(TryLeaveParked);
                }

                bool wasUncallable = _isUncallable;
                _isUncallable = false;
                bool isHeld = StartWhatMayStart();
                if (!isHeld)
                {
                    if (_completed)
                    {
                        _emptied.TrySetResult();
                    }

                    // What was on its way here has gone, and left room for what waits at other members.
                    Pool?.PulseWaiting();
                }

                if (_isUncallable && (!wasUncallable || _pipeline.HasCallableLaneBut(this)))
                {
                    _inbox.Sweep(TryMoveOn);
                }

                NoteHeld(isHeld ? _holds : Constraint.None);
                await _wake.WaitAsync().ConfigureAwait(Continuations.KeepContext);
            }
        }

        /// <summary>Starts attempts until the inbox is empty or the next one is held up.</summary>
        /// <returns>Whether one is held up.</returns>
        private bool StartWhatMayStart()
        {
            while (_inbox.TryTake(out Ticket<TRequest, TResponse>? ticket, out bool begun))
            {
                if (!TryDrop(ticket!) && !TryStart(ticket!))
                {
                    _inbox.PutBack(ticket!, begun);
                    return true;
                }
            }

            return false;
        }

        /// <summary>Drops a ticket that was given up, or whose deadline has passed.</summary>
        private bool TryDrop(Ticket<TRequest, TResponse> ticket)
        {
            GiveUpReason reason = ticket.GivenUp;
            if (reason == GiveUpReason.None && ticket.DeadlineAt <= _pipeline._clock.Now)
            {
                reason = GiveUpReason.Deadline;
            }

            if (reason == GiveUpReason.None)
            {
                return false;
            }

            Interlocked.Decrement(ref _backlog);
            _pipeline.Drop(ticket, TicketPlace.Ready, reason);
            return true;
        }

        /// <summary>Sends on a ticket that waits behind one that cannot go anywhere else.</summary>
        private bool TryMoveOn(Ticket<TRequest, TResponse> ticket)
        {
            if (TryDrop(ticket))
            {
                return true;
            }

            bool moved = _pipeline.TryMoveOn(this, ticket, UnavailableFor());
            Interlocked.Add(ref _backlog, moved ? -1 : 0);
            return moved;
        }

        /// <summary>Starts an attempt if circuit, permit and credits can all be had now.</summary>
        /// <returns>False when the ticket is held up.</returns>
        private bool TryStart(Ticket<TRequest, TResponse> ticket)
        {
            if (_told is not null && !IsParked && !Fits(ticket.Wanted))
            {
                Interlocked.Decrement(ref _backlog);
                _pipeline.TurnAway(this, ticket);
                return true;
            }

            // Before the limiter: behind attempts that hang, tickets must still find out that the target cannot be called and go elsewhere.
            TimeSpan wait = CooledFor() is var cooled && _breaker.TimeUntilPass() is var open && open > cooled ? open : cooled;
            ThisThread thread = ThisThread.Get();
            long now = _pipeline._clock.Now;

            CapacityCheck check = wait > TimeSpan.Zero ? CapacityCheck.Circuit : Take(ticket, now, thread, out wait);
            if (check is CapacityCheck.Rate or CapacityCheck.Shared && wait > RetryPolicy.MaxServerDelay && TryEndDay(check, ticket.Cost, now, out TimeSpan day))
            {
                // The quota of a day is used up: nobody waits here for what another target may do.
                (check, wait) = (CapacityCheck.Circuit, day);
            }

            switch (check)
            {
                case CapacityCheck.Passed:
                    Interlocked.Decrement(ref _backlog);
                    StartAttempt(ticket, TicketPlace.Ready, now, thread);
                    return true;

                case CapacityCheck.InFlight:
                    _holds = MissingPermits();

                    // The end of an attempt pulses the loop.
                    return Pool is not null && TryHandOverOrLookAgain(ticket, TimeSpan.MaxValue);

                case CapacityCheck.Rate when Pool is not null:
                    _holds = MissingCredits(_rate, ticket.Cost);
                    return TryHandOverOrLookAgain(ticket, wait);

                case CapacityCheck.Rate:
                case CapacityCheck.Shared:
                    _holds = MissingCredits(check == CapacityCheck.Rate ? _rate : Pool!.Shared!, ticket.Cost);
                    SetAlarm(wait);
                    return false;

                default:
                    _holds = MissingOfDay(ticket.Cost) ?? Constraint.Unavailable;

                    // Cooled for so short a time that preflight lets requests in: they wait it out.
                    TimeSpan unavailable = UnavailableFor();
                    _isUncallable = unavailable > TimeSpan.Zero;
                    if (_isUncallable && _pipeline.TryMoveOn(this, ticket, unavailable))
                    {
                        Interlocked.Decrement(ref _backlog);
                        return true;
                    }

                    // Another target may be callable sooner, and nothing happens when that time comes.
                    SetAlarm(_pipeline.SoonestBut(this) is var elsewhere && elsewhere < wait ? elsewhere : wait);
                    return false;
            }
        }

        private CapacityCheck Take(Ticket<TRequest, TResponse> ticket, long now, ThisThread thread, out TimeSpan wait)
        {
            if (_pricesTickets)
            {
                ticket.SetCostHere(CostOf(ticket.Wanted));
            }

            return Pool?.Shared is { } shared
                ? TakeShared(shared, ticket, now, thread, out wait)
                : _capacity.TryTake(ticket.Cost, now, now, thread, out ticket.Pass, out wait);
        }

        /// <returns>Whether the endpoint has returned already.</returns>
        private bool StartAttempt(Ticket<TRequest, TResponse> ticket, TicketPlace from, long now, ThisThread thread)
        {
            long endsAt = Clock.After(now, _attemptTime);
            ticket.StartedAt = now;
            ticket.EndsAt = endsAt;
            ticket.InFlightAtStart = _adaptive is null ? 0 : _limiter.InFlight;
            if (!ticket.TryBeginAttempt(from, Dispatcher, out AttemptCall<TRequest, TResponse> call, out Attempt<TRequest, TResponse> attempt))
            {
                GiveBack(ticket);
                _pipeline.Drop(ticket, from, ticket.GivenUp);
                return true;
            }

            CounterRow row = _pipeline._counters.Of(thread);
            Counters.Attempts.Increment(row);
            if (ticket.AttemptsOnLane > 1)
            {
                Counters.Retries.Increment(row);
            }
            else if (HasBudget(ticket))
            {
                _budget.OnFirstAttempt(now, thread);
            }

            _pipeline.Watch(endsAt - _watchLead);
            if (Dispatch(this, attempt, call, isCallers: from != TicketPlace.Ready))
            {
                return true;
            }

            NoteInFlight(now);
            return false;
        }

        private void SetAlarm(TimeSpan wait) => _alarm.SetFor(_pipeline._clock.After(_pipeline._clock.Now, wait));
    }
}
