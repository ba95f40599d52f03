using AiLib.Dataflow.Rivals.Policies;

namespace AiLib.Dataflow.Rivals.Streaming;

/// <summary>The whole pipeline: preflight, rate gate, in-flight limit, dispatch, retries, breaker, settlement, signals.</summary>
public sealed class PipelineStreaming(IProvider provider, int inFlight) : IStreamRival
{
    private RequestPipeline<int, int> _pipeline = PipelinePolicy.Build(provider, inFlight);

    /// <inheritdoc/>
    public string Name => RivalNames.Pipeline;

    /// <inheritdoc/>
    public async ValueTask PrepareAsync(int requests)
    {
        if (!_pipeline.HasCreditsFor(requests))
        {
            await _pipeline.DisposeAsync().ConfigureAwait(false);
            _pipeline = PipelinePolicy.Build(provider, inFlight);
        }
    }

    /// <inheritdoc/>
    public async Task<long> RunAsync(int requests)
    {
        long sum = 0;
        await foreach (Settled<int, int> settled in _pipeline.RunAsync(new RequestSource(requests)).ConfigureAwait(false))
        {
            sum += settled.IsAnswered ? settled.Outcome.Response : 0;
        }

        return sum;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();
}
