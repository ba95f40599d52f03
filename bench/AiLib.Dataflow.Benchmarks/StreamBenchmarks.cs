using AiLib.Dataflow.Rivals;
using AiLib.Dataflow.Rivals.Streaming;
using BenchmarkDotNet.Attributes;

namespace AiLib.Dataflow.Benchmarks;

/// <summary>A stream of requests through each rival: time and bytes for one request. The floor is one hop through a bare channel.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks : IAsyncDisposable
{
    private const int Requests = 1 << 19;

    private ChannelStreaming _floor = null!;
    private PipelineStreaming _pipeline = null!;
    private TplStreaming _tpl = null!;
    private PollyStreaming _polly = null!;
    private ParallelStreaming _parallel = null!;
    private SemaphoreStreaming _semaphore = null!;

    /// <summary>How the provider answers.</summary>
    [Params(EndpointKind.Synchronous, EndpointKind.Yielding)]
    public EndpointKind Endpoint { get; set; }

    /// <summary>The most requests in flight.</summary>
    [Params(1, 64, 1024)]
    public int InFlight { get; set; }

    /// <summary>Builds the rivals.</summary>
    [GlobalSetup]
    public void Setup()
    {
        IProvider provider = Endpoint.Create();
        _floor = new ChannelStreaming(provider, InFlight);
        _pipeline = new PipelineStreaming(provider, InFlight);
        _tpl = new TplStreaming(provider, InFlight);
        _polly = new PollyStreaming(provider, InFlight);
        _parallel = new ParallelStreaming(provider, InFlight);
        _semaphore = new SemaphoreStreaming(provider, InFlight);
    }

    /// <summary>Gets credits for the next run, so that the pipeline's rate limit never binds. Before everyone's turns, because figures are compared within one setting only.</summary>
    [IterationSetup]
    public void Prepare() => _pipeline.PrepareAsync(Requests).AsTask().GetAwaiter().GetResult();

    /// <summary>Ends the rivals.</summary>
    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        await _pipeline.DisposeAsync().ConfigureAwait(false);
        await _tpl.DisposeAsync().ConfigureAwait(false);
        await _polly.DisposeAsync().ConfigureAwait(false);
        await _semaphore.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>One hop through a bare bounded channel.</summary>
    [Benchmark(Baseline = true, Description = RivalNames.Floor, OperationsPerInvoke = Requests)]
    public Task<long> Floor() => _floor.RunCheckedAsync(Requests);

    /// <summary>The whole pipeline.</summary>
    [Benchmark(Description = RivalNames.Pipeline, OperationsPerInvoke = Requests)]
    public Task<long> Pipeline() => _pipeline.RunCheckedAsync(Requests);

    /// <summary>The same stages as TPL Dataflow blocks.</summary>
    [Benchmark(Description = RivalNames.Tpl, OperationsPerInvoke = Requests)]
    public Task<long> Tpl() => _tpl.RunCheckedAsync(Requests);

    /// <summary>Polly's four strategies.</summary>
    [Benchmark(Description = RivalNames.Polly, OperationsPerInvoke = Requests)]
    public Task<long> Polly() => _polly.RunCheckedAsync(Requests);

    /// <summary>Parallel.ForEachAsync alone.</summary>
    [Benchmark(Description = RivalNames.Parallel, OperationsPerInvoke = Requests)]
    public Task<long> Parallel() => _parallel.RunCheckedAsync(Requests);

    /// <summary>A semaphore alone.</summary>
    [Benchmark(Description = RivalNames.Semaphore, OperationsPerInvoke = Requests)]
    public Task<long> Semaphore() => _semaphore.RunCheckedAsync(Requests);
}
