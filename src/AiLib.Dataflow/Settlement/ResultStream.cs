using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Settlement;

/// <summary>The answers of one stream on their way to its consumer: settled tickets, each with its slot, until the consumer asks for the next.</summary>
/// <remarks>
/// <para>What is this: the end of a stream. Settled tickets are chained to each other, so settling never waits and needs no room; a slow consumer keeps the
/// slots, which closes the door, which stops the source. It ends when the source has ended and every ticket has been taken.</para>
/// <para>Threading: settled into by anyone, one compare-exchange for each; the consumer takes the whole chain at once, by one exchange. Fed by one source,
/// closed by anyone.</para>
/// </remarks>
internal sealed class ResultStream<TRequest, TResponse>(ITicketReturn<TRequest, TResponse> pipeline, bool ordered)
    : ITicketOwner<TRequest, TResponse>
{
    // Stands at the end of the chain when nobody will take anything from it any more.
    private static readonly Ticket<TRequest, TResponse> Nobody = new(home: -1, default);

    // Written by whoever settles a ticket: the newest, linked to those before it. Taken by the consumer.
    private Ticket<TRequest, TResponse>? _settled;

    // Owned by the consumer: what it took out of the chain, oldest first; answers that came before those of earlier requests, at most one for each slot; how
    // many it has taken.
    private readonly Dictionary<long, Ticket<TRequest, TResponse>> _early = [];
    private Ticket<TRequest, TResponse>? _ready;
    private long _next;
    private long _taken;

    // Pulsed when the consumer has taken all there was; waited for by the source's side.
    private readonly WakeSignal _drained = new();

    // Waited for by the consumer, who raises the flag before its last look into the chain; pulsed by those who see the flag after they have put something in.
    private readonly WakeSignal _filled = new();
    private volatile bool _consumerWaits;

    // Written by the source's side. The total is there when the source has ended; until then nobody reads it.
    private long _admitted;
    private int _sourceEnds;
    private volatile bool _hasSourceEnded;
    private Exception? _sourceError;
    private volatile bool _isClosed;
    private Exception? _closingError;

    /// <inheritdoc/>
    public long Version => 0;

    /// <summary>Whether nobody waits for its answers any more.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Whether the source has ended.</summary>
    public bool HasSourceEnded => _hasSourceEnded;

    /// <summary>Whether the consumer waits for an answer that is not there.</summary>
    public bool ConsumerWaits => _consumerWaits;

    /// <summary>A request of this stream has been given a ticket. For the source's side.</summary>
    public void OnAdmitted() => Volatile.Write(ref _admitted, _admitted + 1);

    /// <summary>The source has ended, by itself or with an error that the consumer shall see after the last answer. The first word counts.</summary>
    public void OnSourceEnded(Exception? error)
    {
        if (Interlocked.Exchange(ref _sourceEnds, 1) == 0)
        {
            _sourceError = error;
            _hasSourceEnded = true;
            _filled.Pulse();
        }
    }

    /// <inheritdoc/>
    public void OnGivenUp(long version, in Answer<TResponse> answer)
    {
        // The consumer learns it from the ticket when that comes home.
    }

    /// <inheritdoc/>
    public void Settle(Ticket<TRequest, TResponse> ticket, ThisThread thread, bool isOutermost)
    {
        while (true)
        {
            Ticket<TRequest, TResponse>? newest = Volatile.Read(ref _settled);
            if (newest == Nobody)
            {
                pipeline.Return(ticket);
                break;
            }

            ticket.Next = newest;
            if (Interlocked.CompareExchange(ref _settled, ticket, newest) == newest)
            {
                // After a full fence: the consumer has seen the ticket, or this sees that it waits.
                if (_consumerWaits)
                {
                    _filled.Pulse();
                }

                break;
            }
        }

        pipeline.OnSettled(thread);
    }

    /// <summary>Ends the stream before its time; what comes home from now on is dropped.</summary>
    /// <param name="error">What the consumer sees; null when there is none any more.</param>
    public void Close(Exception? error)
    {
        _closingError ??= error;
        _isClosed = true;
        _filled.Pulse();
        _drained.Pulse();
    }

    /// <summary>Takes the next answer, if it is there.</summary>
    /// <param name="ticket">To be returned when the consumer is done with it.</param>
    public bool TryTake([NotNullWhen(true)] out Ticket<TRequest, TResponse>? ticket)
    {
        if (!ordered)
        {
            return TryTakeAny(out ticket);
        }

        while (!_early.Remove(_next, out ticket))
        {
            if (!TryTakeAny(out ticket))
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
        return HasSettled ? ValueTask.FromResult(true) : WaitAsync();
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
        Receive(Interlocked.Exchange(ref _settled, Nobody));
        while (TryTakeReady(out Ticket<TRequest, TResponse>? ticket))
        {
            pipeline.Return(ticket);
        }
    }

    private bool HasSettled => Volatile.Read(ref _settled) is not null;

    private bool TryTakeAny([NotNullWhen(true)] out Ticket<TRequest, TResponse>? ticket)
    {
        if (_ready is null && HasSettled)
        {
            Receive(Interlocked.Exchange(ref _settled, null));
        }

        return TryTakeReady(out ticket);
    }

    private bool TryTakeReady([NotNullWhen(true)] out Ticket<TRequest, TResponse>? ticket)
    {
        ticket = _ready;
        if (ticket is null)
        {
            return false;
        }

        // Unlinked: the ticket is used again long before its neighbour is done with.
        _ready = ticket.Next;
        ticket.Next = null;
        _taken++;
        return true;
    }

    /// <summary>Turns a chain around and puts it behind what is ready.</summary>
    private void Receive(Ticket<TRequest, TResponse>? newest)
    {
        Ticket<TRequest, TResponse>? oldest = null;
        while (newest is not null)
        {
            (newest.Next, oldest, newest) = (oldest, newest, newest.Next);
        }

        if (_ready is null)
        {
            _ready = oldest;
            return;
        }

        Ticket<TRequest, TResponse> last = _ready;
        while (last.Next is { } next)
        {
            last = next;
        }

        last.Next = oldest;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitAsync()
    {
        while (true)
        {
            _consumerWaits = true;
            Interlocked.MemoryBarrier();

            // The end before the chain: when everything was admitted and everything taken, nothing can have come in between.
            bool hasEnded = _hasSourceEnded && _taken == Volatile.Read(ref _admitted);
            if (HasSettled || hasEnded || _isClosed)
            {
                _consumerWaits = false;
                Exception? error = HasSettled ? null : _closingError ?? (hasEnded ? _sourceError : null);
                if (error is not null)
                {
                    ExceptionDispatchInfo.Throw(error);
                }

                return HasSettled;
            }

            await _filled.WaitAsync().ConfigureAwait(Continuations.KeepContext);
        }
    }
}
