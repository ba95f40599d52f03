using System.Collections.Immutable;
using AiLib.Dataflow.Settlement;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow;

/// <summary>What the whole pipeline knows of the constraint that binds: its streams, and who waits at its doors.</summary>
public sealed partial class RequestPipeline<TRequest, TResponse>
{
    private readonly ConsumerWaits _consumerWaits = new();

    // Replaced as a whole when a stream begins or ends, which is rare.
    private ImmutableArray<ResultStream<TRequest, TResponse>> _streams = [];

    /// <summary>A stream is under way.</summary>
    private void OnStreamBegan(ResultStream<TRequest, TResponse> stream)
    {
        ImmutableInterlocked.Update(ref _streams, static (streams, stream) => streams.Add(stream), stream);
        NoteConstraints();
    }

    /// <summary>A stream is not under way any more.</summary>
    private void OnStreamEnded(ResultStream<TRequest, TResponse> stream)
    {
        ImmutableInterlocked.Update(ref _streams, static (streams, stream) => streams.Remove(stream), stream);
        NoteConstraints();
    }

    /// <summary>Enters a lane's door, or waits there and lets the lane know.</summary>
    private static ValueTask<Ticket<TRequest, TResponse>?> EnterAsync(Lane lane, CancellationToken cancellationToken)
    {
        ValueTask<Ticket<TRequest, TResponse>?> entering = lane.Door.EnterAsync(cancellationToken);
        if (!entering.IsCompleted)
        {
            lane.NoteDoor();
        }

        return entering;
    }

    /// <summary>Something that concerns every lane has begun or ended.</summary>
    private void NoteConstraints()
    {
        foreach (Lane lane in _lanes)
        {
            lane.NoteConstraint();
        }
    }

    private StreamsNow LookAtStreams()
    {
        StreamsNow now = default;
        foreach (ResultStream<TRequest, TResponse> stream in _streams)
        {
            now = new StreamsNow(true, now.AreRead || !stream.HasSourceEnded, now.IsConsumerAway || !stream.ConsumerWaits);
        }

        return now;
    }

    /// <summary>What the streams of a pipeline are doing.</summary>
    /// <param name="Any">Whether there is one.</param>
    /// <param name="AreRead">Whether a source has not ended.</param>
    /// <param name="IsConsumerAway">Whether a consumer does something else than waiting for the next answer.</param>
    private readonly record struct StreamsNow(bool Any, bool AreRead, bool IsConsumerAway);
}
