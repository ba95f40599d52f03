using System.Runtime.CompilerServices;
using AiLib.Dataflow.Rivals.Policies;

namespace AiLib.Dataflow.Rivals.Streaming;

/// <summary>Polly's retry, circuit breaker, rate limiter and concurrency limiter under <see cref="Parallel"/>.ForEachAsync.</summary>
public sealed class PollyStreaming : IStreamRival
{
    private readonly PollyPolicy _policy;
    private readonly ParallelOptions _options;
    private readonly Func<int, CancellationToken, ValueTask> _body;
    private long _sum;

    /// <summary>Creates it.</summary>
    /// <param name="provider">Answers.</param>
    /// <param name="inFlight">The most requests in flight.</param>
    public PollyStreaming(IProvider provider, int inFlight)
    {
        _policy = new PollyPolicy(provider, inFlight);
        _options = new ParallelOptions { MaxDegreeOfParallelism = inFlight };
        _body = AnswerAsync;
    }

    /// <inheritdoc/>
    public string Name => RivalNames.Polly;

    /// <inheritdoc/>
    public async Task<long> RunAsync(int requests)
    {
        _sum = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, requests), _options, _body).ConfigureAwait(false);
        return _sum;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _policy.Dispose();
        return ValueTask.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AnswerAsync(int request, CancellationToken cancellationToken)
    {
        int answer = await _policy.CallAsync(request, cancellationToken).ConfigureAwait(false);
        Interlocked.Add(ref _sum, answer);
    }
}
