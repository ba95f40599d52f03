using AiLib.Dataflow.Pools;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Simulation.Tests.World;

/// <summary>A pipeline on simulated time that a test makes slow in one place. It is built when it is first used, so settings come before that.</summary>
internal sealed class ConstraintWorld : IDisposable
{
    private readonly SynchronizationContext? _before = SynchronizationContext.Current;
    private readonly SimulatedScheduler _scheduler;
    private readonly HashSet<int> _failed = [];
    private RequestPipeline<int, int>? _pipeline;
    private int _inFlight;

    public ConstraintWorld(long seed)
    {
        SeededRandom random = new(seed);
        _scheduler = new SimulatedScheduler(random);
        Time = new SimulatedTime(_scheduler, random);
        SynchronizationContext.SetSynchronizationContext(_scheduler);
    }

    public SimulatedTime Time { get; }

    /// <summary>The settings of every target.</summary>
    public TargetOptions Target { get; } = new() { DispatchInline = true };

    public int Targets { get; init; } = 1;

    /// <summary>A limit over a pool of two members; null for no pool.</summary>
    public int? SharedPerMinute { get; set; }

    /// <summary>How long an attempt takes; zero for one that returns before it has waited.</summary>
    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Whether the first attempt at each request fails.</summary>
    public bool FailsFirst { get; set; }

    /// <summary>Every attempt fails until then.</summary>
    public TimeSpan FailsUntil { get; set; }

    /// <summary>How long every fifth request is told to wait, when its first attempt is over; zero for none.</summary>
    public TimeSpan PutsOffFor { get; set; }

    /// <summary>How long every twentieth request is told to wait, as soon as it comes for the first time; zero for none.</summary>
    public TimeSpan RefusesFor { get; set; }

    /// <summary>Attempts beyond so many in flight are refused.</summary>
    public int RejectsAbove { get; set; } = int.MaxValue;

    /// <summary>A target that fails every attempt.</summary>
    public string? Dead { get; set; }

    /// <summary>How long the consumer of a stream is busy with each answer.</summary>
    public TimeSpan TakesFor { get; set; }

    public SignalsSnapshot Signals => Build().Signals.Snapshot();

    public RequestPipeline<int, int> Build()
    {
        if (_pipeline is not null)
        {
            return _pipeline;
        }

        RequestPipelineBuilder<int, int> builder = RequestPipeline.CreateBuilder<int, int>()
            .UseEnvironment(_ => null)
            .UseTimeProvider(Time)
            .Configure(pipeline => pipeline.Seed = 1);
        if (SharedPerMinute is { } shared)
        {
            builder.AddPool(
                "pool",
                [.. new[] { "0", "1" }.Select(id => new PoolMember<int, int>(id, new Endpoint(this, id), Copy))],
                pool => pool.SharedLimit.RequestsPerMinute = shared);
        }
        else
        {
            for (int index = 0; index < Targets; index++)
            {
                string id = index.ToString(System.Globalization.CultureInfo.InvariantCulture);
                builder.AddTarget(id, new Endpoint(this, id), Copy);
            }
        }

        return _pipeline = builder.Build();
    }

    /// <summary>A stream of so many requests, with a pause of the source before each or before some.</summary>
    public async Task StreamAsync(int count, TimeSpan pause = default, Func<int, bool>? at = null, long cost = 0, string? to = null)
    {
        StreamOptions<int> options = new() { Describe = _ => new RequestOptions { Cost = cost, Target = to, StaysOnTarget = to is not null } };
        int answers = 0;
        await foreach (Settled<int, int> settled in Build().RunAsync(SourceAsync(count, pause, at), options))
        {
            answers++;
            Assert.True(settled.IsAnswered || Dead is not null || FailsUntil > TimeSpan.Zero, $"{settled.Outcome}");
            if (TakesFor > TimeSpan.Zero)
            {
                await Task.Delay(TakesFor, Time);
            }
        }

        Assert.Equal(count, answers);
    }

    /// <summary>So many calls, one after the other.</summary>
    public async Task CallAsync(int count, TimeSpan pause = default)
    {
        for (int index = 0; index < count; index++)
        {
            Assert.Equal(index, await Build().SendAsync(index));
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, Time);
            }
        }
    }

    /// <summary>Runs until an actor has ended.</summary>
    public void Run(Task actor)
    {
        while (!actor.IsCompleted)
        {
            if (_scheduler.HasReady)
            {
                _scheduler.Step();
            }
            else
            {
                Assert.True(Time.TryAdvance(), "nothing can run and no timer is armed");
            }
        }

        actor.GetAwaiter().GetResult();
    }

    public void Dispose() => SynchronizationContext.SetSynchronizationContext(_before);

    private void Copy(TargetOptions given)
    {
        given.CopyFrom(Target);
        given.Slots = Target.Slots;
        given.DispatchInline = Target.DispatchInline;
        given.AdaptiveLimit = Target.AdaptiveLimit;
    }

    private async IAsyncEnumerable<int> SourceAsync(int count, TimeSpan pause, Func<int, bool>? at)
    {
        for (int index = 0; index < count; index++)
        {
            if (pause > TimeSpan.Zero && at?.Invoke(index) != false)
            {
                await Task.Delay(pause, Time);
            }

            yield return index;
        }
    }

    private sealed class Endpoint(ConstraintWorld world, string id) : IEndpoint<int, int>
    {
        public async ValueTask<Outcome<int>> CallAsync(int request, AttemptContext attempt, CancellationToken cancellationToken)
        {
            if (id == world.Dead || world.Time.Elapsed < world.FailsUntil || (world.FailsFirst && world._failed.Add(request)))
            {
                return Outcome<int>.Failed(OutcomeKind.Failed, new IOException("no"));
            }

            if (world.RefusesFor > TimeSpan.Zero && request % 20 == 0 && world._failed.Add(request))
            {
                return Outcome<int>.Failed(OutcomeKind.Throttled, new IOException("not you"), world.RefusesFor);
            }

            if (world._inFlight >= world.RejectsAbove)
            {
                return Outcome<int>.Failed(OutcomeKind.Overloaded, new IOException("full"));
            }

            world._inFlight++;
            try
            {
                if (world.Latency > TimeSpan.Zero)
                {
                    await Task.Delay(world.Latency, world.Time, cancellationToken);
                }

                return world.PutsOffFor > TimeSpan.Zero && request % 5 == 4 && attempt.Attempt == 1
                    ? Outcome<int>.Failed(OutcomeKind.Throttled, retryAfter: world.PutsOffFor)
                    : Outcome<int>.Answered(request);
            }
            finally
            {
                world._inFlight--;
            }
        }
    }
}
