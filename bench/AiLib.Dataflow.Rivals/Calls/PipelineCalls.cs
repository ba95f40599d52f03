using AiLib.Dataflow.Rivals.Policies;

namespace AiLib.Dataflow.Rivals.Calls;

/// <summary>The whole pipeline: preflight, rate gate, in-flight limit, dispatch, retries, breaker, settlement, signals.</summary>
public sealed class PipelineCalls(IProvider provider, int inFlight, int? slots = null) : ICallRival
{
    private RequestPipeline<int, int> _pipeline = PipelinePolicy.Build(provider, inFlight, slots);

    /// <inheritdoc/>
    public string Name => RivalNames.Pipeline;

    /// <inheritdoc/>
    public async ValueTask PrepareAsync(int calls)
    {
        if (!_pipeline.HasCreditsFor(calls))
        {
            await _pipeline.DisposeAsync().ConfigureAwait(false);
            _pipeline = PipelinePolicy.Build(provider, inFlight, slots);
        }
    }

    /// <inheritdoc/>
    public ValueTask<int> CallAsync(int request) => _pipeline.SendAsync(request);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();
}
