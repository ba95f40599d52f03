using AiLib.Dataflow.Rivals.Streaming;

namespace AiLib.Dataflow.Rivals;

/// <summary>The rivals of the streaming face.</summary>
public static class StreamRivals
{
    /// <summary>All of them, the floor first, then the pipeline.</summary>
    /// <param name="provider">Answers.</param>
    /// <param name="inFlight">The most requests in flight.</param>
    public static IReadOnlyList<IStreamRival> All(IProvider provider, int inFlight) =>
    [
        new ChannelStreaming(provider, inFlight),
        new PipelineStreaming(provider, inFlight),
        new TplStreaming(provider, inFlight),
        new PollyStreaming(provider, inFlight),
        new ParallelStreaming(provider, inFlight),
        new SemaphoreStreaming(provider, inFlight),
    ];
}
