using AiLib.Dataflow.Threading;
using BenchmarkDotNet.Attributes;

namespace AiLib.Dataflow.Benchmarks.Primitives;

/// <summary>One more on a counter that one or two threads count on.</summary>
[MemoryDiagnoser]
public class CounterBenchmarks
{
    // So many that starting a thread, once for each thread and invocation, does not show.
    private const int Increments = 1 << 22;

    private readonly Counter _counter = new();
    private long _field;

    /// <summary>How many threads count at once.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>An interlocked field on a cache line that all share.</summary>
    [Benchmark(Baseline = true, Description = "Interlocked", OperationsPerInvoke = Increments)]
    public long Interlock()
    {
        OnAll(static (benchmark, times) =>
        {
            for (int count = 0; count < times; count++)
            {
                Interlocked.Increment(ref benchmark._field);
            }
        });
        return _field;
    }

    /// <summary>Ours.</summary>
    [Benchmark(Description = "Counter", OperationsPerInvoke = Increments)]
    public long InOwnRow()
    {
        OnAll(static (benchmark, times) =>
        {
            for (int count = 0; count < times; count++)
            {
                benchmark._counter.Increment();
            }
        });
        return _counter.Value;
    }

    private void OnAll(Action<CounterBenchmarks, int> count)
    {
        Thread[] threads = new Thread[Threads];
        for (int thread = 0; thread < threads.Length; thread++)
        {
            threads[thread] = new Thread(() => count(this, Increments / Threads));
            threads[thread].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }
}
