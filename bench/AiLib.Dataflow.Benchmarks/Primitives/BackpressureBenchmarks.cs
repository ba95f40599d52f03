using System.Threading.RateLimiting;
using AiLib.Dataflow.Capacity;
using BenchmarkDotNet.Attributes;

namespace AiLib.Dataflow.Benchmarks.Primitives;

/// <summary>One place in flight taken and given back, nobody waiting.</summary>
[MemoryDiagnoser]
public class BackpressureBenchmarks : IDisposable
{
    private const int Places = 64;

    private readonly Backpressure _backpressure = new(Places);
    private readonly SemaphoreSlim _semaphore = new(Places, Places);
    private readonly ConcurrencyLimiter _limiter = new(new ConcurrencyLimiterOptions { PermitLimit = Places, QueueLimit = 0 });

    /// <summary>The base library's semaphore.</summary>
    [Benchmark(Baseline = true, Description = "SemaphoreSlim")]
    public bool Semaphore()
    {
        bool taken = _semaphore.Wait(0);
        _semaphore.Release();
        return taken;
    }

    /// <summary>The base library's limiter.</summary>
    [Benchmark(Description = "ConcurrencyLimiter")]
    public bool Limiter()
    {
        using RateLimitLease lease = _limiter.AttemptAcquire();
        return lease.IsAcquired;
    }

    /// <summary>Ours.</summary>
    [Benchmark(Description = "Backpressure")]
    public bool Ours()
    {
        bool taken = _backpressure.TryAcquire(out Permit? permit);
        permit!.End(PermitEnd.Succeeded);
        return taken;
    }

    /// <summary>Ends what has to be ended.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _semaphore.Dispose();
        _limiter.Dispose();
        GC.SuppressFinalize(this);
    }
}
