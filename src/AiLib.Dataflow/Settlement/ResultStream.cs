using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Settlement;

/// <summary>The answers of one stream on their way to its consumer: settled tickets, each with its slot, until the consumer asks for the next.</summary>
/// <remarks>
/// <para>What is this: the end of a stream. The channel has room for every slot, so settling never waits; a slow consumer keeps the slots, which closes
/// the door, which stops the source. It ends when the source has ended and no ticket is left.</para>
/// <para>Threading: settled into by anyone; read by one consumer; closed by anyone.</para>
/// </remarks>
internal sealed class ResultStream<TRequest, TResponse>(ITicketReturn<TRequest, TResponse> pipeline, bool ordered)
    : ITicketOwner<TRequest, TResponse>
{
    // Writers: whoever settles a ticket. Reader: the consumer. Bounded by the tickets there are, and not a second time by the channel: the unbounded kind for
    // one reader reads without a lock, so the consumer and the pipeline do not stop each other at every answer.
    private readonly Channel<Ticket<TRequest, TResponse>> _results = Channel.CreateUnbounded<Ticket<TRequest, TResponse>>(
        new UnboundedChannelOptions { SingleReader = true });

    // Owned by the consumer: answers that came before those of earlier requests. At most one for each slot.
    private readonly Dictionary<long, Ticket<TRequest, TResponse>> _early = [];
    private long _next;

    // Pulsed when the consumer has taken all there was; waited for by the source's side.
    private readonly WakeSignal _drained = new();

    // The source, and each ticket that is not settled. Whoever takes it to zero ends the stream.
    private int _open = 1;
    private int _sourceEnded;
    private Exception? _sourceError;
    private volatile bool _isClosed;

    /// <inheritdoc/>
    public long Version => 0;

    /// <summary>A request of this stream has been given a ticket.</summary>
    public void OnAdmitted() => Interlocked.Increment(ref _open);

    /// <summary>The source has ended, by itself or with an error that the consumer shall see after the last answer. The first word counts.</summary>
    public void OnSourceEnded(Exception? error)
    {
        if (Interlocked.Exchange(ref _sourceEnded, 1) == 0)
        {
            _sourceError = error;
            EndOne();
        }
    }

    /// <inheritdoc/>
    public void OnGivenUp(long version, in Settled<TRequest, TResponse> settled)
    {
        // The consumer learns it from the ticket when that comes home.
    }

    /// <inheritdoc/>
    public void Settle(Ticket<TRequest, TResponse> ticket, bool isOutermost)
    {
        if (!_results.Writer.TryWrite(ticket))
        {
            // There is room for every ticket, so the stream was closed: nobody reads any more.
            Debug.Assert(_isClosed);
            pipeline.Return(ticket);
        }

        EndOne();
        pipeline.OnSettled();
    }

    /// <summary>Ends the stream before its time; what comes home from now on is dropped.</summary>
    /// <param name="error">What the consumer sees; null when there is none any more.</param>
    public void Close(Exception? error)
    {
        _isClosed = true;
        _results.Writer.TryComplete(error);
        _drained.Pulse();
    }

    /// <summary>Takes the next answer, if it is there.</summary>
    /// <param name="ticket">To be returned when the consumer is done with it.</param>
    public bool TryTake([NotNullWhen(true)] out Ticket<TRequest, TResponse>? ticket)
    {
        if (!ordered)
        {
            return _results.Reader.TryRead(out ticket);
        }

        while (!_early.Remove(_next, out ticket))
        {
            if (!_results.Reader.TryRead(out ticket))
            {
                return false;
            }

            _early.Add(ticket.Index, ticket);
        }

        _next++;
        return true;
    }

    /// <summary>Waits until there is something to take, or to put in order.</summary>
    /// <returns>False at the end.</returns>
    /// <remarks>A source that waits for the consumer goes on here and now, on the consumer's thread, before this returns.</remarks>
    public ValueTask<bool> UntilTakeableAsync()
    {
        _drained.PulseHere();
        return _results.Reader.UntilReadableAsync();
    }

    /// <summary>Waits until the consumer has taken all there is, or has left.</summary>
    public ValueTask UntilDrainedAsync() => _drained.WaitAsync();

    /// <summary>Returns what nobody will take any more. For the consumer, after <see cref="Close"/>.</summary>
    public void Drop()
    {
        foreach (Ticket<TRequest, TResponse> ticket in _early.Values)
        {
            pipeline.Return(ticket);
        }

        _early.Clear();
        while (_results.Reader.TryRead(out Ticket<TRequest, TResponse>? ticket))
        {
            pipeline.Return(ticket);
        }
    }

    private void EndOne()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _results.Writer.TryComplete(_sourceError);
        }
    }
}
