using AiLib.Dataflow.Pools;
using AiLib.Dataflow.Recovery;

namespace AiLib.Dataflow.Simulation.Tests.World;

/// <summary>The settings of one run.</summary>
internal sealed record SimulationOptions(IReadOnlyList<TargetOptions> Targets, IReadOnlyList<ProviderScript> Scripts)
{
    /// <summary>So many of the targets, the first ones, are members of one pool; 0 for none.</summary>
    public int PoolSize { get; init; }

    /// <summary>The pool's own settings.</summary>
    public PoolOptions Pool { get; init; } = new();

    /// <summary>Whether calls get hedges; null for none.</summary>
    public HedgingOptions? Hedging { get; init; }

    /// <summary>The place of a target in the fallback order: a pool's members are at one.</summary>
    public int PlaceOf(int target) => Math.Max(0, target - PoolSize + 1);

    /// <summary>Settings with a pool in front, and perhaps a target behind it.</summary>
    public static SimulationOptions DrawPool(SeededRandom random)
    {
        int members = random.Between(2, 4);
        int retries = random.Between(0, 4);
        List<TargetOptions> targets = [];
        List<ProviderScript> scripts = [];
        for (int index = members + random.Next(2); index > 0; index--)
        {
            targets.Add(DrawTarget(random));
            targets[^1].Retry.MaxRetries = retries;
            ProviderAct[] faults = [.. ProviderScript.AllFaults.Where(_ => random.Percent(50))];
            scripts.Add(new ProviderScript(faults.Length == 0 ? 0 : random.OneOf(0, 10, 30, 60), faults, random.OneOf(5, 50, 2_000)) { TellsPercent = random.OneOf(0, 0, 50) });
        }

        PoolOptions pool = new() { Choice = random.OneOf(PoolChoice.LeastLoaded, PoolChoice.Weighted) };
        pool.ParkFor = random.OneOf<TimeSpan?>(null, TimeSpan.FromMilliseconds(300), TimeSpan.FromMinutes(1));
        if (random.Percent(50))
        {
            pool.SharedLimit.RequestsPerSecond = random.OneOf(0.5, 2, 20);
            pool.SharedLimit.BurstSize = random.OneOf<long?>(null, 1, 3);
            pool.SharedLimit.TokensPerMinute = random.OneOf<long?>(null, 200, 60_000);
        }

        return new SimulationOptions(targets, scripts) { PoolSize = members, Pool = pool };
    }

    /// <summary>Settings drawn from a seed: small numbers, because that is where things collide.</summary>
    public static SimulationOptions Draw(SeededRandom random)
    {
        int count = random.Between(1, 3);
        List<TargetOptions> targets = [];
        List<ProviderScript> scripts = [];
        for (int index = 0; index < count; index++)
        {
            targets.Add(DrawTarget(random));
            ProviderAct[] faults = [.. ProviderScript.AllFaults.Where(_ => random.Percent(50))];
            scripts.Add(new ProviderScript(faults.Length == 0 ? 0 : random.OneOf(0, 10, 30, 60), faults, random.OneOf(5, 50, 2_000)) { TellsPercent = random.OneOf(0, 0, 50) });
        }

        return new SimulationOptions(targets, scripts);
    }

    private static TargetOptions DrawTarget(SeededRandom random)
    {
        TargetOptions target = new()
        {
            AttemptTimeout = TimeSpan.FromMilliseconds(random.OneOf(100, 1_000, 5_000)),
            DispatchInline = random.Percent(50),
            Retry = new RetryOptions
            {
                MaxRetries = random.Between(0, 4),
                InitialDelay = TimeSpan.FromMilliseconds(random.OneOf(0, 10, 1_000)),
                Jitter = random.OneOf(Jitter.Full, Jitter.Half, Jitter.None),
            },
        };
        target.Backpressure.MaxInflight = random.OneOf(0, 1, 1, 2, 4);
        target.Slots = Math.Max(target.Backpressure.MaxInflight, random.OneOf(1, 2, 3, 8));
        target.CircuitBreaker.FailureThreshold = random.OneOf(0, 1, 2, 5);
        target.CircuitBreaker.FailureRatio = random.OneOf(0.0, 0.5);
        target.CircuitBreaker.MinimumCalls = random.OneOf(2, 20);
        target.CircuitBreaker.MaxProbes = random.Between(1, 2);
        target.CircuitBreaker.ProbesToClose = random.Between(1, 2);
        target.CircuitBreaker.Cooldown = TimeSpan.FromMilliseconds(random.OneOf(50, 30_000));
        if (random.Percent(50))
        {
            target.RateLimiter.RequestsPerSecond = random.OneOf(0.5, 1, 3, 100);
            target.RateLimiter.BurstSize = random.OneOf<long?>(null, 1, 5);
        }

        if (random.Percent(30))
        {
            target.RateLimiter.TokensPerMinute = random.OneOf(100, 1_000, 60_000);
        }

        return target;
    }
}
