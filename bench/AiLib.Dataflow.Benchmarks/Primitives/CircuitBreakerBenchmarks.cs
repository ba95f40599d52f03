using AiLib.Dataflow.Capacity;
using BenchmarkDotNet.Attributes;
using Polly;
using Polly.CircuitBreaker;

namespace AiLib.Dataflow.Benchmarks.Primitives;

/// <summary>One successful call through a closed circuit.</summary>
[MemoryDiagnoser]
public class CircuitBreakerBenchmarks
{
    private static readonly Func<CancellationToken, ValueTask<int>> Operation = static _ => new ValueTask<int>(1);

    private readonly CircuitBreaker _ours = new();
    private readonly ResiliencePipeline<int> _polly = new ResiliencePipelineBuilder<int>()
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<int>
        {
            FailureRatio = 0.5,
            MinimumThroughput = 20,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = TimeSpan.FromSeconds(30),
        })
        .Build();

    /// <summary>Polly, with a pooled context and outcomes.</summary>
    [Benchmark(Baseline = true, Description = "Polly")]
    public async ValueTask<int> PollyAsync()
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get();
        Polly.Outcome<int> outcome = await _polly.ExecuteOutcomeAsync(
            static (_, state) => Outcome.FromResultAsValueTask(state), context, 1).ConfigureAwait(false);
        ResilienceContextPool.Shared.Return(context);
        return outcome.Result;
    }

    /// <summary>Ours, around an operation.</summary>
    [Benchmark(Description = "CircuitBreaker.ExecuteAsync")]
    public ValueTask<int> ExecuteAsync() => _ours.ExecuteAsync(Operation);

    /// <summary>Ours as the pipeline uses it: a pass, then a report.</summary>
    [Benchmark(Description = "CircuitBreaker.TryEnter and Report")]
    public bool Pass()
    {
        bool entered = _ours.TryEnter(out CircuitPass pass, out _);
        _ours.Report(pass, TargetHealth.Healthy);
        return entered;
    }
}
