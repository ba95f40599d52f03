using System.Threading.RateLimiting;
using AiLib.Dataflow.Capacity;
using BenchmarkDotNet.Attributes;
using RateLimiter = AiLib.Dataflow.Capacity.RateLimiter;

namespace AiLib.Dataflow.Benchmarks.Primitives;

/// <summary>One credit taken from a limit that never binds.</summary>
/// <remarks>
/// Ours is limited by tokens, because a limit on requests, at most a million a second, would bind here. The bucket behind the two is the same. Both at once,
/// as in the pipeline, cost a second bucket under the same lock.
/// </remarks>
[MemoryDiagnoser]
public class RateLimiterBenchmarks : IDisposable
{
    private readonly RateLimiter _ours = new(new RateLimiterOptions { TokensPerMinute = 100_000_000_000 });
    private readonly TokenBucketRateLimiter _bucket = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = int.MaxValue,
        TokensPerPeriod = int.MaxValue,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    });

    /// <summary>The base library's bucket.</summary>
    [Benchmark(Baseline = true, Description = "TokenBucketRateLimiter")]
    public bool Bucket()
    {
        using RateLimitLease lease = _bucket.AttemptAcquire();
        return lease.IsAcquired ? true : throw new InvalidOperationException("The limit binds.");
    }

    /// <summary>Ours.</summary>
    [Benchmark(Description = "RateLimiter")]
    public bool Ours() => _ours.TryReserve(1, out _, out _) ? true : throw new InvalidOperationException("The limit binds.");

    /// <summary>Ends what has to be ended.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _bucket.Dispose();
        GC.SuppressFinalize(this);
    }
}
