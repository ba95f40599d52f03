using System.Runtime.CompilerServices;
using AiLib.Dataflow.Admission;
using AiLib.Dataflow.Settlement;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>The stream face: a source that is read as fast as requests can be let in, and a consumer who takes the answers.</summary>
public sealed partial class RequestPipeline<TRequest, TResponse>
{
    // After so many requests of a stream that were answered before their endpoint had to wait, the source waits for the consumer. Judgement: enough to pay
    // for the wait, few enough to stay in a processor's nearest cache.
    private const int EnoughAnswered = 32;

    // A consumer gives slots back by so many, if that is no more than one in so many of the door's. Judgement: enough to share the cost of the door's lock.
    private const int MostDone = 8;
    private const int SlotsPerDone = 16;

    /// <summary>Reads the source into the pipeline. Never faults: its error goes through the stream.</summary>
    private async Task FeedAsync(
        IAsyncEnumerable<TRequest> requests, StreamOptions<TRequest> options, ResultStream<TRequest, TResponse> stream, CancellationToken cancellationToken)
    {
        Exception? sourceError = null;
        try
        {
            long index = 0;
            int answeredInARow = 0;
            bool hasWaitedAtDoor = false;
            await using ConfiguredCancelableAsyncEnumerable<TRequest>.Enumerator source =
                requests.WithCancellation(cancellationToken).ConfigureAwait(Continuations.KeepContext).GetAsyncEnumerator();
            while (true)
            {
                ConfiguredValueTaskAwaitable<bool> next = source.MoveNextAsync();
                if (hasWaitedAtDoor && !next.GetAwaiter().IsCompleted)
                {
                    hasWaitedAtDoor = false;
                    NoteConstraints();
                }

                if (!await next)
                {
                    break;
                }

                TRequest request = source.Current;

                // A source may not look at the token; nothing is sent for a consumer that has left.
                cancellationToken.ThrowIfCancellationRequested();
                RequestOptions wanted = default;
                if (options.Describe is { } describe)
                {
                    wanted = describe(request);
                }

                Enter(request, wanted, stream, index++, Unavailability.Hold, out Entry<TRequest, TResponse> entry);
                long now = entry.CheckedAt;
                TicketPlace from = TicketPlace.Free;
                if (!TryAdmit(entry, ThisThread.Get(), out Ticket<TRequest, TResponse>? ticket))
                {
                    hasWaitedAtDoor = true;
                    ticket = await AdmitToStreamAsync(entry, stream, cancellationToken).ConfigureAwait(Continuations.KeepContext);
                    now = _clock.Now;
                    from = TicketPlace.Admitting;
                }
                else
                {
                    stream.OnAdmitted();
                    if (hasWaitedAtDoor)
                    {
                        // Only now: a source that waits at the door for each request would be noted twice for each.
                        hasWaitedAtDoor = false;
                        NoteConstraints();
                    }
                }

                if (ticket is not null)
                {
                    long version = ticket.Version;
                    answeredInARow = Launch(ticket, from, now, ThisThread.Get()) ? answeredInARow + 1 : 0;
                    if (stream.IsClosed)
                    {
                        // The consumer left in between and did not see this ticket. Not the token: that one also says that the doors are closed, and who is inside by
                        // then is waited for.
                        GiveUp(ticket, version, GiveUpReason.Caller);
                    }

                    if (answeredInARow == EnoughAnswered)
                    {
                        // Endpoints that return at once leave a second thread nothing to do: the consumer takes these, and goes on with the source itself.
                        answeredInARow = 0;
                        ValueTask drained = stream.UntilDrainedAsync();
                        if (drained.IsCompleted)
                        {
                            await drained.ConfigureAwait(Continuations.KeepContext);
                            continue;
                        }

                        // Here and not in a method of its own, which would be an object for each wait.
                        _consumerWaits.Begin(now);
                        await drained.ConfigureAwait(Continuations.KeepContext);
                        _consumerWaits.End(now, _clock.Now);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The consumer has left or cancelled, and knows; or the doors are closed, which it does not know yet.
            sourceError = _isStopping ? new RequestRefusedException(Stopping()) : null;
        }
        catch (Exception error)
        {
            // Foreign code: the source's own error, or that the pipeline stops. The consumer sees it after the last answer.
            sourceError = error;
        }

        stream.OnSourceEnded(sourceError);
        NoteConstraints();
    }

    /// <summary>Lets a request of a stream in; one that a check refuses is answered by its refusal, in its turn.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Ticket<TRequest, TResponse>?> AdmitToStreamAsync(
        Entry<TRequest, TResponse> entry, ResultStream<TRequest, TResponse> stream, CancellationToken cancellationToken)
    {
        try
        {
            Ticket<TRequest, TResponse> ticket = await AdmitAsync(entry, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            stream.OnAdmitted();
            return ticket;
        }
        catch (RequestRefusedException refused) when (!_isStopping)
        {
            Lane lane = _lanes[FirstLane(entry.Start)];

            // The doors close a moment after the stop: until then a ticket could be had again and again, only to be given back.
            while (!_isStopping)
            {
                if (await EnterAsync(lane, cancellationToken).ConfigureAwait(Continuations.KeepContext) is { } ticket && TryBegin(ticket, entry, lane, ThisThread.Get()))
                {
                    stream.OnAdmitted();
                    ticket.Outcome = Outcome<TResponse>.Failed(OutcomeKind.Rejected, refused);
                    Settle(ticket, TicketPlace.Free, _clock.Now);
                    return null;
                }
            }

            throw;
        }
    }

    /// <summary>What <c>RunAsync</c> returns, and one enumeration of it.</summary>
    /// <remarks>
    /// <para>Written by hand, because the compiler's form runs its state machine for each answer: here an answer that is ready costs a method call.</para>
    /// <para>Threading: one consumer at a time, as every enumerator.</para>
    /// </remarks>
    private sealed class StreamRun(
        RequestPipeline<TRequest, TResponse> pipeline, IAsyncEnumerable<TRequest> requests, StreamOptions<TRequest> options, CancellationToken cancellationToken)
        : IAsyncEnumerable<Settled<TRequest, TResponse>>, IAsyncEnumerator<Settled<TRequest, TResponse>>
    {
        private readonly ResultStream<TRequest, TResponse> _stream = new(pipeline, options.Ordered);

        // Set by the first MoveNextAsync, cleared by the end. The source ends when the pipeline closes its doors; one that does not react is not waited for
        // once everything else has ended.
        private CancellationTokenSource? _source;
        private CancellationTokenRegistration _cancelled;
        private CancellationTokenRegistration _stopped;
        private Task _feeding = Task.CompletedTask;
        private bool _isUnderWay;
        private bool _hasEnded;

        // The caller's two tokens in one, where there are two.
        private CancellationTokenSource? _either;

        // The answer that the consumer has, and tickets that it is done with. These go home a few at a time, and at once when somebody waits for them.
        private Ticket<TRequest, TResponse>? _current;
        private readonly Ticket<TRequest, TResponse>[] _done = new Ticket<TRequest, TResponse>[MostDone];
        private int _doneCount;

        /// <inheritdoc/>
        public Settled<TRequest, TResponse> Current => _current is null ? default : pipeline.Describe(_current);

        /// <inheritdoc/>
        public IAsyncEnumerator<Settled<TRequest, TResponse>> GetAsyncEnumerator(CancellationToken enumeratorToken = default)
        {
            if (!cancellationToken.CanBeCanceled)
            {
                return new StreamRun(pipeline, requests, options, enumeratorToken);
            }

            if (!enumeratorToken.CanBeCanceled || enumeratorToken == cancellationToken)
            {
                return new StreamRun(pipeline, requests, options, cancellationToken);
            }

            CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, enumeratorToken);
            return new StreamRun(pipeline, requests, options, either.Token) { _either = either };
        }

        /// <inheritdoc/>
        public ValueTask<bool> MoveNextAsync()
        {
            // Only now, so that a consumer that writes the answer down holds the slot meanwhile.
            Release();
            if (_isUnderWay && !cancellationToken.IsCancellationRequested && _stream.TryTake(out _current))
            {
                return new ValueTask<bool>(true);
            }

            return MoveNextSlowlyAsync();
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            _hasEnded = true;
            if (!_isUnderWay)
            {
                _either?.Dispose();
                return;
            }

            _isUnderWay = false;
            Release();
            GoHome();

            // The consumer has left, by itself or by an error: the source stops, and what is under way is given up.
            _stream.Close(error: null);
            // Between the two a fence for all threads: this sees the ticket that the source's side just puts on its way, or that sees that the consumer has left.
            pipeline.CancelQuietly(_source!);
            Interlocked.MemoryBarrierProcessWide();
            pipeline.GiveUpAll(_stream);
            _stream.Drop();
            pipeline.OnStreamEnded(_stream);

            // The source is usually done with when the enumeration ends; one that does not react to its token is not waited for longer.
            await pipeline.CompletesWithinAsync(_feeding, LastPatience).ConfigureAwait(Continuations.KeepContext);
            await _cancelled.DisposeAsync().ConfigureAwait(Continuations.KeepContext);
            await _stopped.DisposeAsync().ConfigureAwait(Continuations.KeepContext);
            _source!.Dispose();
            _either?.Dispose();
        }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<bool> MoveNextSlowlyAsync()
        {
            bool moved = false;
            if (_hasEnded)
            {
                return false;
            }

            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!_isUnderWay)
                {
                    Start();
                }

                GoHome();
                while (!(moved = _stream.TryTake(out _current)))
                {
                    if (_stream.HasSourceEnded)
                    {
                        // Towards the end a target may have nothing left to do while others have; nothing else tells.
                        pipeline.NoteConstraints();
                    }

                    if (!await _stream.UntilTakeableAsync().ConfigureAwait(Continuations.KeepContext))
                    {
                        break;
                    }
                }

                cancellationToken.ThrowIfCancellationRequested();
                return moved;
            }
            catch
            {
                moved = false;
                throw;
            }
            finally
            {
                if (!moved)
                {
                    await DisposeAsync().ConfigureAwait(Continuations.KeepContext);
                }
            }
        }

        private void Start()
        {
            _isUnderWay = true;
            _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, pipeline._closing.Token);
            _cancelled = cancellationToken.UnsafeRegister(
                static (stream, token) => ((ResultStream<TRequest, TResponse>)stream!).Close(new OperationCanceledException(token)), _stream);
            _stopped = pipeline._stopped.Token.UnsafeRegister(
                static stream => ((ResultStream<TRequest, TResponse>)stream!).OnSourceEnded(new RequestRefusedException(Stopping())), _stream);
            pipeline.OnStreamBegan(_stream);
            _feeding = pipeline.FeedAsync(requests, options, _stream, _source.Token);
        }

        private void Release()
        {
            if (_current is not { } current)
            {
                return;
            }

            _current = null;
            current.End();
            if (_doneCount > 0 && _done[0].Home != current.Home)
            {
                GoHome();
            }

            _done[_doneCount++] = current;
            AdmissionDoor<Ticket<TRequest, TResponse>> door = pipeline._lanes[current.Home].Door;
            if (_doneCount == MostDone || _doneCount * SlotsPerDone > door.Slots || door.HasWaiting)
            {
                GoHome();
            }
        }

        private void GoHome()
        {
            if (_doneCount > 0)
            {
                pipeline._lanes[_done[0].Home].Door.Leave(_done.AsSpan(0, _doneCount));
                _doneCount = 0;
            }
        }
    }
}
