using System.Threading.Channels;

namespace AiLib.Dataflow.Settlement;

/// <summary>A pipeline as a pair of channel ends: requests are written, answers are read.</summary>
/// <typeparam name="TRequest">What a caller sends.</typeparam>
/// <typeparam name="TResponse">What a caller gets.</typeparam>
/// <remarks>
/// Complete the writer to end it: the reader completes after the last answer, with the writer's error if it was given one. While nobody reads, the slots
/// fill and a write waits. Thread-safe as channel ends are: many writers, one reader.
/// </remarks>
public sealed class PipelineChannel<TRequest, TResponse>
{
    internal PipelineChannel(ChannelWriter<TRequest> writer, ChannelReader<Settled<TRequest, TResponse>> reader)
    {
        Writer = writer;
        Reader = reader;
    }

    /// <summary>Takes requests. A write waits while the pipeline has no room.</summary>
    public ChannelWriter<TRequest> Writer { get; }

    /// <summary>Gives answers.</summary>
    public ChannelReader<Settled<TRequest, TResponse>> Reader { get; }
}
