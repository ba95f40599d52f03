using AiLib.Dataflow.Rivals.Policies;

namespace AiLib.Dataflow.Rivals.Calls;

/// <summary>Polly's retry, circuit breaker, rate limiter and concurrency limiter, called by everyone.</summary>
public sealed class PollyCalls(IProvider provider, int inFlight) : ICallRival
{
    private readonly PollyPolicy _policy = new(provider, inFlight);

    /// <inheritdoc/>
    public string Name => RivalNames.Polly;

    /// <inheritdoc/>
    public ValueTask<int> CallAsync(int request) => _policy.CallAsync(request);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _policy.Dispose();
        return ValueTask.CompletedTask;
    }
}
