using AiLib.Dataflow.Admission;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Dispatch;
using AiLib.Dataflow.Recovery;
using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>The inside of one target: inbox, gate, limiter, breaker, loop.</summary>
    /// <remarks>
    /// <para>One loop takes the next ticket, asks for circuit, permit and credits in one step, and starts the attempt; it never waits for the attempt.
    /// Held up, it puts the ticket back and waits for a pulse: something came in, an attempt ended, a circuit changed, or the alarm rang.</para>
    /// <para>Threading: the loop is the only one that takes capacity and reads the inbox; everything else may be called by anyone.</para>
    /// </remarks>
    private sealed class Lane : ITargetFacts, IDisposable
    {
        // A target that asks to be left alone for longer is tried again after this: a server must not be able to switch it off for a year.
        private static readonly TimeSpan LongestCooling = TimeSpan.FromHours(1);

        // Set once in the constructor.
        private readonly RequestPipeline<TRequest, TResponse> _pipeline;
        private readonly LaneInbox<Ticket<TRequest, TResponse>> _inbox;
        private readonly WakeSignal _wake = new();
        private readonly Alarm _alarm;
        private readonly PreflightChecker _capacity;
        private readonly CircuitBreaker _breaker;
        private readonly RateLimiter _rate;
        private readonly Backpressure _limiter;
        private Task _loop = Task.CompletedTask;

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
            Id = target.Id;
            Index = index;
            Options = target.Options;
            TimeProvider time = pipeline._settings.TimeProvider;

            // An attempt always ends by its own time-out, so a probe is silent only when it takes longer than that.
            CircuitBreakerOptions breaker = Options.CircuitBreaker with { };
            breaker.ProbeLease = breaker.ProbeLease > Options.AttemptTimeout ? breaker.ProbeLease : Options.AttemptTimeout;
            _breaker = new CircuitBreaker(breaker, time, OnCircuitChanged);
            _rate = new RateLimiter(Options.RateLimiter, time);
            _limiter = new Backpressure(Options.Backpressure);
            DispatchesInline = Options.DispatchInline ?? _rate.IsLimited;
            _capacity = new PreflightChecker(_breaker, _rate, _limiter);
            RetryPolicy = new RetryPolicy(Options.Retry, time);
            Dispatcher = new Dispatcher<TRequest, TResponse>(target.Endpoint, pipeline._settings.Classifier, pipeline._settings.Reclassify);
            Tickets = [.. Enumerable.Range(0, Options.EffectiveSlots).Select(_ => new Ticket<TRequest, TResponse>(index, pipeline._counters.HookErrors))];
            Door = new AdmissionDoor<Ticket<TRequest, TResponse>>(Tickets);
            _inbox = new LaneInbox<Ticket<TRequest, TResponse>>(pipeline._slots);
            _alarm = new Alarm(pipeline._clock, _wake.Pulse);
        }

        public string Id { get; }

        public int Index { get; }

        public TargetOptions Options { get; }

        /// <summary>Whether attempts begin on the loop.</summary>
        public bool DispatchesInline { get; }

        public AdmissionDoor<Ticket<TRequest, TResponse>> Door { get; }

        public IReadOnlyList<Ticket<TRequest, TResponse>> Tickets { get; }

        public RetryPolicy RetryPolicy { get; }

        public Dispatcher<TRequest, TResponse> Dispatcher { get; }

        public LaneCounters Counters { get; } = new();

        /// <summary>Starts the loop. It belongs to the pipeline, not to the context it was built in.</summary>
        public void Start()
        {
            using AsyncFlowControl flow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
            _loop = RunAsync();
        }

        /// <summary>Puts a ready ticket into the inbox. There is room for every slot.</summary>
        public void Enqueue(Ticket<TRequest, TResponse> ticket, bool begun)
        {
            long version = ticket.Version;
            Counters.Enqueued.Increment();
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

        /// <summary>Ends the loop when the inbox is empty.</summary>
        public Task CompleteAsync()
        {
            _completed = true;
            _wake.Pulse();
            return _loop;
        }

        public void Dispose() => _alarm.Dispose();

        /// <inheritdoc/>
        public bool Fits(long cost) => _rate.Fits(cost);

        /// <inheritdoc/>
        public Refusal NeverFits(long cost) => _rate.NeverFits(cost);

        /// <inheritdoc/>
        public TimeSpan UnavailableFor()
        {
            TimeSpan cooled = CooledFor();
            TimeSpan open = Expected(_breaker.TimeUntilPass());
            TimeSpan wait = cooled > open ? cooled : open;
            return wait > _pipeline._settings.Options.HoldTolerance || open > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }

        /// <summary>Ends what an attempt holds, and learns from it.</summary>
        public void OnAttemptEnded(in Attempt<TRequest> attempt, in Outcome<TResponse> outcome, long now)
        {
            Counters.CountOutcome(outcome.Kind);
            Counters.Latency.Record(_pipeline._clock.ToTimeSpan(now - attempt.StartedAt));
            TimeSpan? asked = outcome.RetryAfter > LongestCooling ? LongestCooling : outcome.RetryAfter;
            _capacity.Give(attempt.Pass, outcome.Kind, outcome.Cost, asked);
            if (outcome.RetryAfter > RetryPolicy.MaxServerDelay && outcome.Kind is OutcomeKind.Throttled or OutcomeKind.Exhausted or OutcomeKind.Overloaded)
            {
                CoolUntil(_pipeline._clock.After(now, asked ?? TimeSpan.Zero));
            }

            _wake.Pulse();
        }

        public TimeoutException AttemptTimedOut(Exception? inner) => new TimeoutException(
            $"{Id} did not answer within AttemptTimeout ({Duration.ToText(Options.AttemptTimeout)}).", inner);

        public TargetSignals Read(long settling) => new()
        {
            Target = Id,
            CircuitState = _breaker.State,
            CooledFor = CooledFor(),
            CurrentInflight = _limiter.InFlight,
            MaxInflight = _limiter.MaxInflight,
            RateRemaining = _rate.Remaining,
            TokensRemaining = _rate.TokensRemaining,
            Attempts = Counters.Attempts.Value,
            Retries = Counters.Retries.Value,
            RedirectedAway = Counters.RedirectedAway.Value,
            Abandoned = Counters.Abandoned.Value,
            Outcomes = Counters.ReadOutcomes(),
            Latency = Counters.Latency.Read(),
            HealthScore = _breaker.State switch
            {
                CircuitState.Open => 0,
                CircuitState.HalfOpen => _breaker.SuccessShare / 2,
                _ => _breaker.SuccessShare,
            },
            Depths = new StageDepths(
                Door.Waiting, Gap(Counters.Dequeued, Counters.Enqueued), _limiter.InFlight, Gap(Counters.Released, Counters.Delayed), settling),
        };

        // What has left is read first, so that what moves meanwhile shows as a little too deep and never as negative.
        private static long Gap(StripedCounter left, StripedCounter came)
        {
            long gone = left.Value;
            return came.Value - gone;
        }

        private async Task RunAsync()
        {
            while (true)
            {
                if (_sweepRequested)
                {
                    _sweepRequested = false;
                    _inbox.Sweep(TryDrop);
                }

                bool wasUncallable = _isUncallable;
                _isUncallable = false;
                if (!StartWhatMayStart() && _completed)
                {
                    return;
                }

                if (_isUncallable && (!wasUncallable || _pipeline.HasCallableLaneBut(this)))
                {
                    _inbox.Sweep(TryMoveOn);
                }

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

            Counters.Dequeued.Increment();
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
            if (moved)
            {
                Counters.Dequeued.Increment();
            }

            return moved;
        }

        /// <summary>Starts an attempt if circuit, permit and credits can all be had now.</summary>
        /// <returns>False when the ticket is held up.</returns>
        private bool TryStart(Ticket<TRequest, TResponse> ticket)
        {
            // Before the limiter: behind attempts that hang, tickets must still find out that the target cannot be called and go elsewhere.
            TimeSpan wait = CooledFor() is var cooled && _breaker.TimeUntilPass() is var open && open > cooled ? open : cooled;
            CapacityPass pass = default;
            CapacityCheck check = wait > TimeSpan.Zero ? CapacityCheck.Circuit : _capacity.TryTake(ticket.Options.Cost, out pass, out wait);
            switch (check)
            {
                case CapacityCheck.Passed:
                    Counters.Dequeued.Increment();
                    StartAttempt(ticket, pass);
                    return true;

                case CapacityCheck.InFlight:
                    // The end of an attempt pulses the loop.
                    return false;

                case CapacityCheck.Rate:
                    SetAlarm(wait);
                    return false;

                default:
                    // Cooled for so short a time that preflight lets requests in: they wait it out.
                    TimeSpan unavailable = UnavailableFor();
                    _isUncallable = unavailable > TimeSpan.Zero;
                    if (_isUncallable && _pipeline.TryMoveOn(this, ticket, unavailable))
                    {
                        Counters.Dequeued.Increment();
                        return true;
                    }

                    // Another target may be callable sooner, and nothing happens when that time comes.
                    SetAlarm(_pipeline.SoonestBut(this) is var elsewhere && elsewhere < wait ? elsewhere : wait);
                    return false;
            }
        }

        private void StartAttempt(Ticket<TRequest, TResponse> ticket, CapacityPass pass)
        {
            long now = _pipeline._clock.Now;
            long endsAt = _pipeline._clock.After(now, Options.AttemptTimeout);
            if (!ticket.TryBeginAttempt(endsAt, out CancellationToken cancellation))
            {
                _capacity.GiveBack(pass);
                _pipeline.Drop(ticket, TicketPlace.Ready, ticket.GivenUp);
                return;
            }

            ticket.Move(TicketPlace.Ready, TicketPlace.InFlight);
            ticket.LastLane = Index;
            Attempt<TRequest> attempt = new(ticket.Version, ticket.Attempts, ticket.Request, ticket.Context, now, endsAt, pass, cancellation);
            ticket.Current = attempt;
            Counters.Attempts.Increment();
            if (ticket.AttemptsOnLane > 1)
            {
                Counters.Retries.Increment();
            }

            _pipeline.Watch(endsAt);

            // Not awaited: the permit, not this loop, bounds concurrency; the ticket and the watch observe its end.
            _ = _pipeline.AttemptAsync(this, ticket, attempt);
        }

        /// <summary>A probe under way may take as long as an attempt, but whoever asks when to come back wants to know when it is usually over.</summary>
        private TimeSpan Expected(TimeSpan wait)
        {
            TimeSpan usual = Options.CircuitBreaker.Cooldown;
            return wait > usual && _breaker.State == CircuitState.HalfOpen ? usual : wait;
        }

        private TimeSpan CooledFor() => _pipeline._clock.ToTimeSpan(Volatile.Read(ref _cooledUntil) - _pipeline._clock.Now);

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

        private void SetAlarm(TimeSpan wait) => _alarm.SetFor(_pipeline._clock.After(_pipeline._clock.Now, wait));

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
    }
}
