namespace AiLib.Dataflow.Simulation.Tests.World;

/// <summary>A provider of the simulated world. It follows its script and checks what must hold where a call leaves the process.</summary>
internal sealed class SimulatedEndpoint(SimulatedWorld world, int index, TargetOptions options, ProviderScript script)
    : IEndpoint<SimulatedRequest, int>
{
    private int _inFlight;

    /// <summary>When each call began.</summary>
    public List<TimeSpan> Starts { get; } = [];

    /// <summary>From when on it does nothing but answer.</summary>
    public TimeSpan HealthyFrom { get; set; } = TimeSpan.MaxValue;

    /// <summary>From when until when it answers nothing.</summary>
    public (TimeSpan From, TimeSpan Until) Dead { get; set; }

    /// <summary>What it does with attempts while it is dead.</summary>
    public ProviderAct DeadAct { get; set; } = ProviderAct.Fail;

    /// <summary>When its circuit has closed, each time.</summary>
    public List<TimeSpan> Closed { get; } = [];

    /// <summary>So many times each request fails before it is answered; -1 for what the script says.</summary>
    public int FailuresFirst { get; set; } = -1;

    /// <summary>How long every attempt takes, where two runs are compared; else it is drawn.</summary>
    public TimeSpan? SteadyLatency { get; set; }

    /// <summary>Draws how long an attempt takes.</summary>
    public Func<TimeSpan>? DrawLatency { get; set; }

    /// <summary>The circuit is open from then on, and until then; no call may begin in between.</summary>
    public (TimeSpan From, TimeSpan Until) Open { get; set; }

    /// <summary>It is parked from then on, and until then; no request that is new begins in between.</summary>
    public (TimeSpan From, TimeSpan Until) Parked { get; set; }

    /// <summary>How often it did what.</summary>
    public Dictionary<ProviderAct, int> Acts { get; } = [];

    /// <summary>Called when an attempt is cancelled.</summary>
    public Action? OnCancelled { get; set; }

    public async ValueTask<Outcome<int>> CallAsync(SimulatedRequest request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        world.Scheduler.AssertThread();
        using CancellationTokenRegistration cancelled = OnCancelled is { } told ? cancellationToken.Register(told) : default;
        bool isHedge = request.HedgedAt is null && world.IsHedgeAt(request, index);
        CheckStart(request, isHedge, cancellationToken);
        ProviderAct act = Choose(request);
        Acts[act] = Acts.GetValueOrDefault(act) + 1;
        world.Scheduler.Trace(((long)request.Id << 8) | (long)act);
        if (act == ProviderAct.ThrowNow)
        {
            End();
            throw new IOException("refused");
        }

        TimeSpan latency = DrawLatency?.Invoke() ?? SteadyLatency ?? world.Random.Milliseconds(script.MaxLatency);
        try
        {
            return await ActAsync(act, request, isHedge, latency, cancellationToken);
        }
        finally
        {
            world.Scheduler.AssertThread();
            End();
        }
    }

    private async ValueTask<Outcome<int>> ActAsync(ProviderAct act, SimulatedRequest request, bool isHedge, TimeSpan latency, CancellationToken cancellationToken)
    {
        switch (act)
        {
            case ProviderAct.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, cancellationToken);
                break;
            case ProviderAct.HangDeaf:
                // Far beyond the pipeline's patience: it must go on without this call.
                await Deaf(TimeSpan.FromMinutes(30), cancellationToken);
                break;
            case ProviderAct.LateDeaf:
                await Deaf(options.AttemptTimeout + latency, cancellationToken);
                break;
            default:
                await Task.Delay(latency, world.Time, cancellationToken);
                break;
        }

        switch (act)
        {
            case ProviderAct.ThrowLater:
                throw new IOException("reset");
            case ProviderAct.ThrowForeignCancellation:
                throw new OperationCanceledException("not yours");
            case ProviderAct.Answer:
            case ProviderAct.LateDeaf:
            case ProviderAct.HangDeaf:
                return WithReadings(Outcome<int>.Answered(request.Id, cost: world.Random.Percent(50) ? world.Random.Next(200) : null));
            default:
                return WithReadings(Refuse(act, request, isHedge));
        }
    }

    private Outcome<int> WithReadings(Outcome<int> outcome)
    {
        if (script.TellsPercent == 0 || !world.Random.Percent(script.TellsPercent))
        {
            return outcome;
        }

        return outcome with
        {
            Readings = new[] { Draw(QuotaDimension.Requests, 6, 60, 6_000), Draw(QuotaDimension.Tokens, 50, 1_000, 60_000) },
        };

        QuotaReading Draw(QuotaDimension dimension, params ReadOnlySpan<long> limits) => new(
            dimension,
            world.Random.OneOf<TimeSpan?>(null, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), TimeSpan.FromDays(1)),
            world.Random.Percent(80) ? world.Random.OneOf<long>(limits) : null,
            world.Random.Percent(80) ? world.Random.Next(100) : null,
            TimeSpan.FromHours(1));
    }

    private Outcome<int> Refuse(ProviderAct act, SimulatedRequest request, bool isHedge)
    {
        (OutcomeKind kind, TimeSpan? wait) = act switch
        {
            ProviderAct.ThrottleWithoutWait => (OutcomeKind.Throttled, (TimeSpan?)null),
            ProviderAct.ThrottleForZero => (OutcomeKind.Throttled, TimeSpan.Zero),
            ProviderAct.ThrottleForAWhile => (OutcomeKind.Throttled, world.Random.Milliseconds(20_000)),
            ProviderAct.ThrottleForTooLong => (OutcomeKind.Throttled, TimeSpan.FromHours(world.Random.Between(1, 10_000))),
            ProviderAct.Fail => (OutcomeKind.Failed, null),
            ProviderAct.Overload => (OutcomeKind.Overloaded, null),
            ProviderAct.OverloadForAWhile => (OutcomeKind.Overloaded, world.Random.Milliseconds(60_000)),
            ProviderAct.Reject => (OutcomeKind.Rejected, null),
            ProviderAct.Exhaust => (OutcomeKind.Exhausted, null),
            ProviderAct.Conflict => (OutcomeKind.Conflicted, null),
            _ => throw new InvalidOperationException($"{act} does not refuse."),
        };
        request.Failures++;
        if (wait is { } asked && !isHedge)
        {
            request.NotBefore = (index, world.Time.Elapsed + asked);
        }

        return Outcome<int>.Failed(kind, new IOException(act.ToString()), wait);
    }

    private ProviderAct Choose(SimulatedRequest request)
    {
        if (world.Time.Elapsed >= Dead.From && world.Time.Elapsed < Dead.Until)
        {
            return DeadAct;
        }

        if (FailuresFirst >= 0)
        {
            return request.Failures < FailuresFirst ? world.Random.OneOf(ProviderAct.Fail, ProviderAct.ThrottleForAWhile, ProviderAct.Overload) : ProviderAct.Answer;
        }

        bool fails = world.Time.Elapsed < HealthyFrom && world.Random.Percent(script.FaultPercent);
        return fails ? world.Random.OneOf<ProviderAct>(script.Faults) : ProviderAct.Answer;
    }

    private void CheckStart(SimulatedRequest request, bool isHedge, CancellationToken cancellationToken)
    {
        TimeSpan now = world.Time.Elapsed;
        Starts.Add(now);
        _inFlight++;
        int limit = options.Backpressure.MaxInflight;
        world.Require(limit == 0 || _inFlight <= limit, "I4", $"{_inFlight} calls in flight at target {index}, limit {limit}");

        // In the very instant of opening a call may begin that was let through just before.
        world.Require(now <= Open.From || now >= Open.Until, "I12", $"a call began at {now} although the circuit of target {index} is open: {Open}");
        world.Require(
            request.Options.Deadline is not { } deadline || now < request.SubmittedAt + deadline, "I9", $"{request} began an attempt after its deadline");
        if (isHedge)
        {
            CheckHedge(request, now, cancellationToken);
            return;
        }

        request.StartedAt = now;
        world.Require(
            request.NotBefore.Target != index || now >= request.NotBefore.Time, "I9", $"{request} began at {now}, before {request.NotBefore.Time}");

        int attempts = request.AttemptsAt[index] = request.AttemptsAt.GetValueOrDefault(index) + 1;
        world.Require(attempts <= options.Retry.MaxRetries + 1, "I9", $"{request} began attempt {attempts} at target {index}");
        world.Require(
            request.Targets.Count == 0 || Place(request.Targets[^1]) == Place(index) || request.Targets.TrueForAll(target => Place(target) != Place(index)),
            "I13",
            $"{request} came back to target {index}");
        bool isPinned = request.Options.StaysOnTarget && request.Options.Target is not null;
        world.Require(
            !request.Options.StaysOnTarget || request.Targets.Count == 0 || (isPinned ? request.Targets[^1] == index : Place(request.Targets[^1]) == Place(index)),
            "I13",
            $"{request} left its target");
        world.Require(
            isPinned || request.Targets.Count > 0 || request.Options.Cost > 100 || now <= Parked.From || now >= Parked.Until,
            "pool",
            $"{request} began at {now} at member {index}, which is parked {Parked}");
        world.Require(
            request.Answers == 0 || request.Options.Deadline is not null || world.MayOutliveItsCaller || (request.HedgedAt is not null && cancellationToken.IsCancellationRequested),
            "I2",
            $"{request} is attempted after its answer");
        request.Targets.Add(index);
    }

    /// <summary>A hedge: of a call that allows it, late enough, at a target that it has not visited, while nobody waits there.</summary>
    private void CheckHedge(SimulatedRequest request, TimeSpan now, CancellationToken cancellationToken)
    {
        // One that was begun and lost before it reached its endpoint comes here all the same, cancelled.
        bool isLost = cancellationToken.IsCancellationRequested;
        world.Require(request is { IsCall: true, Options.WithoutHedging: false }, "hedge", $"{request} may have none");

        // In a pool members count anew after each wait.
        bool isVisited = index < world.Options.PoolSize ? request.Targets.Count > 0 && request.Targets[^1] == index : request.Targets.Contains(index);
        world.Require(isLost || (request.Targets.Count > 0 && !isVisited), "hedge", $"{request} has visited target {index}");
        world.Require(isLost || now >= request.StartedAt + world.Options.Hedging!.Delay, "hedge", $"{request} has one at {now}, its attempt began at {request.StartedAt}");
        bool isPinned = request.Options.StaysOnTarget && request.Options.Target is not null;
        world.Require(!isPinned && (!request.Options.StaysOnTarget || Place(request.Targets[^1]) == Place(index)), "hedge", $"{request} left its target");
        world.Require(isLost || now <= Parked.From || now >= Parked.Until, "hedge", $"{request} at member {index}, which is parked {Parked}");
        world.Require(isLost || request.Answers == 0, "I2", $"{request} is hedged after its answer");
        request.HedgedAt = index;
    }

    private async Task Deaf(TimeSpan time, CancellationToken cancellationToken)
    {
        // The pipeline goes on without a call that does not end when it is cancelled; from then on it is nobody's.
        bool ended = false;
        bool left = false;
        using CancellationTokenRegistration registration = cancellationToken.Register(() => _ = LeaveAfterPatienceAsync());
        await Task.Delay(time, world.Time, CancellationToken.None);
        ended = true;
        if (left)
        {
            // The end of the call will count it out once more.
            _inFlight++;
        }

        async Task LeaveAfterPatienceAsync()
        {
            await Task.Delay(world.PatienceForDeafCalls, world.Time, CancellationToken.None);
            if (!ended)
            {
                left = true;
                _inFlight--;
            }
        }
    }

    private int Place(int target) => world.Options.PlaceOf(target);

    private void End() => _inFlight--;

    /// <summary>I6: in every window at most rate × window + burst calls began.</summary>
    public void CheckRate()
    {
        if (options.RateLimiter.RequestsPerSecond is not { } rate)
        {
            return;
        }

        double burst = options.RateLimiter.BurstSize ?? Math.Max(1, (long)rate);
        for (int first = 0; first < Starts.Count; first++)
        {
            for (int last = first; last < Starts.Count; last++)
            {
                double allowed = burst + (rate * (Starts[last] - Starts[first]).TotalSeconds);
                world.Require(
                    last - first + 1 <= allowed + 1e-9, "I6", $"{last - first + 1} calls from {Starts[first]} to {Starts[last]} at target {index}, {allowed} allowed");
            }
        }
    }
}
