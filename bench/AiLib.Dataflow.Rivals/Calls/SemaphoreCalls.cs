using System.Runtime.CompilerServices;

namespace AiLib.Dataflow.Rivals.Calls;

/// <summary>A <see cref="SemaphoreSlim"/> around each call: no limit but that, no retry, no breaker, no signals.</summary>
public sealed class SemaphoreCalls(IProvider provider, int inFlight) : ICallRival
{
    private readonly SemaphoreSlim _inFlight = new(inFlight, inFlight);

    /// <inheritdoc/>
    public string Name => RivalNames.Semaphore;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> CallAsync(int request)
    {
        await _inFlight.WaitAsync().ConfigureAwait(false);
        try
        {
            return await provider.AnswerAsync(request).ConfigureAwait(false);
        }
        finally
        {
            _inFlight.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _inFlight.Dispose();
        return ValueTask.CompletedTask;
    }
}
