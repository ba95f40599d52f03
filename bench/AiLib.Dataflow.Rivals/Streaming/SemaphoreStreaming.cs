namespace AiLib.Dataflow.Rivals.Streaming;

/// <summary>A loop that starts a call whenever a <see cref="SemaphoreSlim"/> lets it: no limit but that, no retry, no breaker, no signals.</summary>
public sealed class SemaphoreStreaming(IProvider provider, int inFlight) : IStreamRival
{
    private readonly SemaphoreSlim _inFlight = new(inFlight, inFlight);
    private long _sum;

    /// <inheritdoc/>
    public string Name => RivalNames.Semaphore;

    /// <inheritdoc/>
    public async Task<long> RunAsync(int requests)
    {
        _sum = 0;
        for (int request = 0; request < requests; request++)
        {
            await _inFlight.WaitAsync().ConfigureAwait(false);

            // Not awaited: the semaphore bounds how many there are, and taking all of it below waits for the last.
            _ = AnswerAsync(request);
        }

        for (int place = 0; place < inFlight; place++)
        {
            await _inFlight.WaitAsync().ConfigureAwait(false);
        }

        _inFlight.Release(inFlight);
        return _sum;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _inFlight.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AnswerAsync(int request)
    {
        try
        {
            int answer = await provider.AnswerAsync(request).ConfigureAwait(false);
            Interlocked.Add(ref _sum, answer);
        }
        finally
        {
            _inFlight.Release();
        }
    }
}
