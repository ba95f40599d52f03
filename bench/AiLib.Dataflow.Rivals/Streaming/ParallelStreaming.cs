using System.Runtime.CompilerServices;

namespace AiLib.Dataflow.Rivals.Streaming;

/// <summary><see cref="Parallel"/>.ForEachAsync alone: no limit but the one on parallelism, no retry, no breaker, no signals.</summary>
public sealed class ParallelStreaming : IStreamRival
{
    private readonly IProvider _provider;
    private readonly ParallelOptions _options;
    private readonly Func<int, CancellationToken, ValueTask> _body;
    private long _sum;

    /// <summary>Creates it.</summary>
    /// <param name="provider">Answers.</param>
    /// <param name="inFlight">The most requests in flight.</param>
    public ParallelStreaming(IProvider provider, int inFlight)
    {
        _provider = provider;
        _options = new ParallelOptions { MaxDegreeOfParallelism = inFlight };
        _body = AnswerAsync;
    }

    /// <inheritdoc/>
    public string Name => RivalNames.Parallel;

    /// <inheritdoc/>
    public async Task<long> RunAsync(int requests)
    {
        _sum = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, requests), _options, _body).ConfigureAwait(false);
        return _sum;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AnswerAsync(int request, CancellationToken cancellationToken)
    {
        int answer = await _provider.AnswerAsync(request, cancellationToken).ConfigureAwait(false);
        Interlocked.Add(ref _sum, answer);
    }
}
