using System.Reflection;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Pools;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Simulation.Tests.World;

/// <summary>One run: a pipeline with real channels inside, on simulated time, with scripted providers and callers, all from one seed.</summary>
internal sealed class SimulatedWorld : IDisposable
{
    private readonly SynchronizationContext? _before = SynchronizationContext.Current;
    private readonly List<Task> _actors = [];
    private readonly object[] _lanes;
    private readonly PropertyInfo _tickets;
    private SimulationFailure? _failure;

    public SimulatedWorld(long seed, SimulationOptions options, PreflightCheck<SimulatedRequest>? check = null)
    {
        Seed = seed;
        Options = options;
        Random = new SeededRandom(seed);
        Scheduler = new SimulatedScheduler(Random);
        Time = new SimulatedTime(Scheduler, Random);
        SynchronizationContext.SetSynchronizationContext(Scheduler);
        RequestPipelineBuilder<SimulatedRequest, int> builder = RequestPipeline.CreateBuilder<SimulatedRequest, int>()
            .UseEnvironment(_ => null)
            .UseTimeProvider(Time)
            .Configure(pipeline => (pipeline.Seed, pipeline.Hedging) = (seed, options.Hedging))
            .OnCircuitChanged(OnCircuitChanged)
            .OnRedirect(redirect => Scheduler.Trace(redirect.To.Length))
            .OnRetry(retry => Scheduler.Trace(retry.Delay.Ticks));
        builder.OnMemberParked(OnParked);
        if (check is not null)
        {
            builder.AddPreflightCheck(check);
        }

        List<PoolMember<SimulatedRequest, int>> members = [];
        for (int index = 0; index < options.Targets.Count; index++)
        {
            TargetOptions target = options.Targets[index];
            SimulatedEndpoint endpoint = new(this, index, target, options.Scripts[index]);
            Endpoints.Add(endpoint);
            string id = index.ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (index >= options.PoolSize)
            {
                builder.AddTarget(id, endpoint, given => Copy(target, given));
                continue;
            }

            members.Add(new PoolMember<SimulatedRequest, int>(id, endpoint, given => Copy(target, given), index + 1));
            if (members.Count == options.PoolSize)
            {
                builder.AddPool("pool", members, pool =>
                {
                    pool.Choice = options.Pool.Choice;
                    pool.ParkFor = options.Pool.ParkFor;
                    pool.SharedLimit = options.Pool.SharedLimit;
                });
            }
        }

        Pipeline = builder.Build();
        _lanes = [.. ((Array)Pipeline.GetType().GetField("_lanes", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(Pipeline)!).Cast<object>()];
        _tickets = _lanes[0].GetType().GetProperty("Tickets")!;
    }

    public long Seed { get; }

    public SimulationOptions Options { get; }

    public SeededRandom Random { get; }

    public SimulatedScheduler Scheduler { get; }

    public SimulatedTime Time { get; }

    public RequestPipeline<SimulatedRequest, int> Pipeline { get; }

    public List<SimulatedEndpoint> Endpoints { get; } = [];

    public List<SimulatedRequest> Requests { get; } = [];

    /// <summary>Whether callers give up, so that an attempt may begin in the instant after its caller was answered.</summary>
    public bool MayOutliveItsCaller { get; set; }

    /// <summary>So many steps are no end.</summary>
    public long MaxSteps { get; set; } = 400_000;

    /// <summary>How long after its cancellation the pipeline still waits for a call.</summary>
    public TimeSpan PatienceForDeafCalls { get; set; } = TimeSpan.FromSeconds(9);

    /// <summary>Looks at the world whenever nothing can run before time moves on.</summary>
    public Action? AtRestPoint { get; set; }

    /// <summary>How often a member of the pool was parked.</summary>
    public int Parks { get; private set; }

    public void Require(bool holds, string invariant, string what)
    {
        if (!holds)
        {
            // Kept as well as thrown: the pipeline catches what an endpoint throws, as it must.
            _failure ??= new SimulationFailure(invariant, what);
            throw _failure;
        }
    }

    /// <summary>Whether a request's hedge is in flight at a target, or about to arrive there: only its ticket tells it from the request's own attempt.</summary>
    public bool IsHedgeAt(SimulatedRequest request, int target) => Options.Hedging is not null
        && _lanes.SelectMany(lane => (IEnumerable<Ticket<SimulatedRequest, int>>)_tickets.GetValue(lane)!).Any(ticket =>
            ticket.Use == TicketUse.Hedge && ticket.Place == TicketPlace.InFlight && ticket.Lane == target && ReferenceEquals(ticket.Request, request));

    /// <summary>Adds something that acts in the world; the run ends when all have ended.</summary>
    public void Start(Func<Task> actor) => _actors.Add(actor());

    /// <summary>Runs until every actor has ended, then stops the pipeline and checks what must hold at rest.</summary>
    public void Run()
    {
        RunUntil(() => _actors.TrueForAll(actor => actor.IsCompleted));
        foreach (Task actor in _actors)
        {
            actor.GetAwaiter().GetResult();
        }

        Task stop = Pipeline.StopAsync(TimeSpan.FromHours(2));
        RunUntil(() => stop.IsCompleted);
        stop.GetAwaiter().GetResult();
        CheckAtRest();
    }

    /// <summary>Runs until something is so; nothing left to do before that is a deadlock.</summary>
    public void RunUntil(Func<bool> done)
    {
        while (!done())
        {
            if (Scheduler.HasReady)
            {
                Scheduler.Step();
                if (_failure is not null)
                {
                    throw _failure;
                }

                if (Scheduler.Steps % 64 == 0)
                {
                    CheckConservation();
                }
            }
            else
            {
                AtRestPoint?.Invoke();
                if (!Time.TryAdvance())
                {
                    throw new SimulationFailure("I15", $"nothing can run and no timer is armed; {Describe()}");
                }
            }

            Require(Scheduler.Steps < MaxSteps, "I16", $"no end after {MaxSteps} steps at {Time.Elapsed}; {Describe()}");
        }
    }

    public void Dispose() => SynchronizationContext.SetSynchronizationContext(_before);

    private void CheckConservation()
    {
        // One thread and between two steps, so nothing is on the move: the sum is exact.
        SignalsSnapshot now = Pipeline.Signals.Snapshot();
        long ended = now.Answered + now.Failed + now.Cancelled;
        long inside = now.Depths.Admitting + now.Depths.Ready + now.Depths.InFlight + now.Depths.Delayed;
        Require(now.Admitted + now.CurrentHedges == ended + inside, "I1", $"{now.Admitted} admitted, {now.CurrentHedges} inside twice, {ended} ended, {now.Depths}");
        if (Options.Hedging is { } hedging)
        {
            int calls = Requests.Count(request => request.IsCall);
            Require(now.Hedges <= hedging.MaxShare * calls, "share", $"{now.Hedges} hedges for {calls} calls");
        }
    }

    private void CheckAtRest()
    {
        SignalsSnapshot now = Pipeline.Signals.Snapshot();
        Require(now.Depths == default, "I3", $"at rest there is something inside: {now.Depths}");
        Require(now.CurrentInflight == 0, "I4", $"{now.CurrentInflight} permits are not home");
        Require(now.Admitted == now.Answered + now.Failed + now.Cancelled, "I1", $"{now}");
        foreach (SimulatedRequest request in Requests)
        {
            Require(request.Answers == 1, "I2", $"{request}");
        }

        CheckConservation();
        int hedged = Requests.Count(request => request.HedgedAt is not null);
        Require((now.CurrentHedges, now.Hedges) == (0, hedged), "I5", $"{now.Hedges} hedges counted, {hedged} made, {now.CurrentHedges} of them inside");
        Require(now.HedgesWon <= now.Hedges && now.HedgesWon <= now.Answered, "I5", $"{now.HedgesWon} hedges won");
        long calls = Endpoints.Sum(endpoint => (long)endpoint.Starts.Count);
        Require(now.Attempts == calls, "I5", $"{now.Attempts} attempts counted, {calls} calls made");
        foreach (SimulatedEndpoint endpoint in Endpoints)
        {
            endpoint.CheckRate();
        }

        CheckSharedRate();
    }

    /// <summary>I6 for the limit over the pool.</summary>
    private void CheckSharedRate()
    {
        if (Options.PoolSize == 0 || Options.Pool.SharedLimit.RequestsPerSecond is not { } rate)
        {
            return;
        }

        TimeSpan[] starts = [.. Endpoints.Take(Options.PoolSize).SelectMany(endpoint => endpoint.Starts).Order()];
        double burst = Options.Pool.SharedLimit.BurstSize ?? Math.Max(1, (long)rate);
        for (int first = 0; first < starts.Length; first++)
        {
            for (int last = first; last < starts.Length; last++)
            {
                double allowed = burst + (rate * (starts[last] - starts[first]).TotalSeconds);
                Require(last - first + 1 <= allowed + 1e-9, "I6", $"{last - first + 1} calls from {starts[first]} to {starts[last]} in the pool, {allowed} allowed");
            }
        }
    }

    private void OnParked(ParkEvent parked)
    {
        Scheduler.AssertThread();
        Scheduler.Trace(parked.Left);
        Parks++;
        Require(parked.Left >= 1, "pool", "the last member was parked");
        Endpoints[int.Parse(parked.Target, System.Globalization.CultureInfo.InvariantCulture)].Parked =
            (Time.Elapsed, parked.For is { } time && time < TimeSpan.FromDays(1_000) ? Time.Elapsed + time : TimeSpan.MaxValue);
    }

    private void OnCircuitChanged(CircuitEvent happened)
    {
        Scheduler.AssertThread();
        Scheduler.Trace((long)happened.Change.To);
        SimulatedEndpoint endpoint = Endpoints[int.Parse(happened.Target, System.Globalization.CultureInfo.InvariantCulture)];
        if (happened.Change.To == CircuitState.Closed)
        {
            endpoint.Closed.Add(Time.Elapsed);
        }

        endpoint.Open = happened.Change.To == CircuitState.Open ? (Time.Elapsed, Time.Elapsed + happened.Change.OpenFor!.Value) : default;
    }

    private static void Copy(TargetOptions from, TargetOptions to)
    {
        to.CopyFrom(from);
        to.Slots = from.Slots;
        to.AttemptTimeout = from.AttemptTimeout;
        to.DispatchInline = from.DispatchInline;
        to.AdaptiveLimit = from.AdaptiveLimit;
    }

    private string Describe() => $"at {Time.Elapsed}: {Pipeline.Signals.Snapshot().Depths}, unanswered: {string.Join("; ", Requests.Where(request => request.Answers == 0).Take(5))}";
}
