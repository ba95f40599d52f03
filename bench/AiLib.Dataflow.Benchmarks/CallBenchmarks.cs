using AiLib.Dataflow.Rivals;
using AiLib.Dataflow.Rivals.Calls;
using BenchmarkDotNet.Attributes;

namespace AiLib.Dataflow.Benchmarks;

/// <summary>Callers that each await one call after the other: time and bytes for one call. The baseline is the provider itself.</summary>
[MemoryDiagnoser]
public class CallBenchmarks : IAsyncDisposable
{
    private const int Calls = 1 << 19;

    private DirectCalls _direct = null!;
    private PipelineCalls _pipeline = null!;
    private PollyCalls _polly = null!;
    private SemaphoreCalls _semaphore = null!;

    /// <summary>How the provider answers.</summary>
    [Params(EndpointKind.Synchronous, EndpointKind.Yielding)]
    public EndpointKind Endpoint { get; set; }

    /// <summary>How many call at once.</summary>
    [Params(1, 64, 1024)]
    public int Concurrency { get; set; }

    /// <summary>Builds the rivals.</summary>
    [GlobalSetup]
    public void Setup()
    {
        IProvider provider = Endpoint.Create();
        _direct = new DirectCalls(provider);
        _pipeline = new PipelineCalls(provider, Concurrency);
        _polly = new PollyCalls(provider, Concurrency);
        _semaphore = new SemaphoreCalls(provider, Concurrency);
    }

    /// <summary>Gets credits for the next calls, so that the pipeline's rate limit never binds. Before everyone's turns, because figures are compared within one setting only.</summary>
    [IterationSetup]
    public void Prepare() => _pipeline.PrepareAsync(Calls).AsTask().GetAwaiter().GetResult();

    /// <summary>Ends the rivals.</summary>
    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        await _pipeline.DisposeAsync().ConfigureAwait(false);
        await _polly.DisposeAsync().ConfigureAwait(false);
        await _semaphore.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>The provider itself.</summary>
    [Benchmark(Baseline = true, Description = RivalNames.Direct, OperationsPerInvoke = Calls)]
    public Task<long> Direct() => _direct.RunCheckedAsync(Concurrency, Calls);

    /// <summary>The whole pipeline.</summary>
    [Benchmark(Description = RivalNames.Pipeline, OperationsPerInvoke = Calls)]
    public Task<long> Pipeline() => _pipeline.RunCheckedAsync(Concurrency, Calls);

    /// <summary>Polly's four strategies.</summary>
    [Benchmark(Description = RivalNames.Polly, OperationsPerInvoke = Calls)]
    public Task<long> Polly() => _polly.RunCheckedAsync(Concurrency, Calls);

    /// <summary>A semaphore alone.</summary>
    [Benchmark(Description = RivalNames.Semaphore, OperationsPerInvoke = Calls)]
    public Task<long> Semaphore() => _semaphore.RunCheckedAsync(Concurrency, Calls);
}
