using System.Runtime.CompilerServices;
using AiLib.Dataflow.Settlement;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    // A timer holds no more than 49 days; a deadline beyond this is watched only once the request is inside.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(30);

    // After so many requests of a stream that were answered before their endpoint had to wait, the source waits for the consumer. Judgement: enough to pay
    // for the wait, few enough to stay in a processor's nearest cache.
    private const int EnoughAnswered = 32;

    /// <summary>Gets one request answered.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Gives the request up; the caller is answered at once.</param>
    /// <returns>The answer; to be awaited exactly once.</returns>
    /// <exception cref="RequestFailedException">It was not answered; the inner exception is the last attempt's own.</exception>
    /// <exception cref="RequestRefusedException">It was refused: by a check, because no target can take it now, or because the pipeline stops.</exception>
    public ValueTask<TResponse> SendAsync(TRequest request, CancellationToken cancellationToken = default) =>
        SendAsync(request, default, cancellationToken);

    /// <inheritdoc cref="SendAsync(TRequest, CancellationToken)"/>
    /// <param name="request">The request.</param>
    /// <param name="options">What this request wants.</param>
    /// <param name="cancellationToken">Gives the request up; the caller is answered at once.</param>
    public ValueTask<TResponse> SendAsync(TRequest request, RequestOptions options, CancellationToken cancellationToken = default)
    {
        Call<TRequest, TResponse> call = _calls.Rent(this);
        ValueTask<TResponse> response = call.Response;
        Entry<TRequest, TResponse> entry = Enter(request, options, call, index: 0, Unavailability.Refuse);
        return TryLaunch(call, entry, cancellationToken) ? response : LaunchAndWaitAsync(call, entry, cancellationToken);
    }

    /// <summary>Gets one request answered, with a failure as a value and all about it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="options">What this request wants.</param>
    /// <param name="cancellationToken">Gives the request up; then this throws, as does a refusal.</param>
    /// <exception cref="RequestRefusedException">It was not let in.</exception>
    public async ValueTask<Settled<TRequest, TResponse>> TrySendAsync(
        TRequest request, RequestOptions options = default, CancellationToken cancellationToken = default)
    {
        Call<TRequest, TResponse> call = _calls.Rent(this);
        ValueTask<Settled<TRequest, TResponse>> answer = call.Settled;
        Entry<TRequest, TResponse> entry = Enter(request, options, call, index: 0, Unavailability.Refuse);
        if (!TryLaunch(call, entry, cancellationToken))
        {
            await LaunchSlowlyAsync(call, entry, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        Settled<TRequest, TResponse> settled = await answer.ConfigureAwait(Continuations.KeepContext);
        if (!settled.IsAnswered)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return settled with { Request = request };
    }

    /// <summary>Gets a stream of requests answered, as many at once as the targets allow.</summary>
    /// <param name="requests">The requests. Read only as fast as they can be let in.</param>
    /// <param name="options">Order, and what each request wants. Default: completion order.</param>
    /// <param name="cancellationToken">Gives up what is under way; the enumeration ends in an <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// One answer for each request that was read, failures as values. An error of the source is thrown after the last answer. The answer's slot is held
    /// until the next one is asked for, so memory does not depend on the length of the stream. Leaving the enumeration gives up what is under way.
    /// </returns>
    /// <remarks>
    /// Do not wait for the same pipeline between two answers: the answers that are ready hold the slots that the wait would need. Send follow-ups from
    /// elsewhere, or through another pipeline.
    /// </remarks>
    public async IAsyncEnumerable<Settled<TRequest, TResponse>> RunAsync(
        IAsyncEnumerable<TRequest> requests,
        StreamOptions<TRequest>? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        cancellationToken.ThrowIfCancellationRequested();
        options ??= new StreamOptions<TRequest>();
        ResultStream<TRequest, TResponse> stream = new(this, options.Ordered);

        // The source ends when the pipeline closes its doors; one that does not react is not waited for once everything else has ended.
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (stream, token) => ((ResultStream<TRequest, TResponse>)stream!).Close(new OperationCanceledException(token)), stream);
        using CancellationTokenRegistration stopped = _stopped.Token.UnsafeRegister(
            static stream => ((ResultStream<TRequest, TResponse>)stream!).OnSourceEnded(new RequestRefusedException(Stopping())), stream);
        Task feeding = FeedAsync(requests, options, stream, source.Token);
        Ticket<TRequest, TResponse>? current = null;
        try
        {
            do
            {
                while (stream.TryTake(out current))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return Describe(current);

                    // Only now, so that a consumer that writes the answer down holds the slot meanwhile.
                    Return(current);
                    current = null;
                }
            }
            while (await stream.UntilTakeableAsync().ConfigureAwait(Continuations.KeepContext));
        }
        finally
        {
            if (current is not null)
            {
                Return(current);
            }

            // The consumer has left, by itself or by an error: the source stops, and what is under way is given up.
            stream.Close(error: null);
            CancelQuietly(source);
            GiveUpAll(stream);
            stream.Drop();

            // The source is usually done with when the enumeration ends; one that does not react to its token is not waited for longer.
            await CompletesWithinAsync(feeding, LastPatience).ConfigureAwait(Continuations.KeepContext);
        }
    }

    /// <summary>Reads the source into the pipeline. Never faults: its error goes through the stream.</summary>
    private async Task FeedAsync(
        IAsyncEnumerable<TRequest> requests, StreamOptions<TRequest> options, ResultStream<TRequest, TResponse> stream, CancellationToken cancellationToken)
    {
        Exception? sourceError = null;
        try
        {
            long index = 0;
            int answeredInARow = 0;
            await foreach (TRequest request in requests.WithCancellation(cancellationToken).ConfigureAwait(Continuations.KeepContext))
            {
                // A source may not look at the token; nothing is sent for a consumer that has left.
                cancellationToken.ThrowIfCancellationRequested();
                RequestOptions wanted = options.Describe?.Invoke(request) ?? default;
                Entry<TRequest, TResponse> entry = Enter(request, wanted, stream, index++, Unavailability.Hold);
                long now = entry.CheckedAt;
                if (!TryAdmit(entry, out Ticket<TRequest, TResponse>? ticket))
                {
                    ticket = await AdmitToStreamAsync(entry, stream, cancellationToken).ConfigureAwait(Continuations.KeepContext);
                    now = _clock.Now;
                }
                else
                {
                    stream.OnAdmitted();
                }

                if (ticket is not null)
                {
                    long version = ticket.Version;
                    answeredInARow = Launch(ticket, now) ? answeredInARow + 1 : 0;
                    if (cancellationToken.IsCancellationRequested)
                    {
                        // The consumer left in between and did not see this ticket.
                        GiveUp(ticket, version, GiveUpReason.Caller);
                    }

                    if (answeredInARow == EnoughAnswered)
                    {
                        // Endpoints that return at once leave a second thread nothing to do: the consumer takes these, and goes on with the source itself.
                        answeredInARow = 0;
                        await stream.UntilDrainedAsync().ConfigureAwait(Continuations.KeepContext);
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
            Lane lane = _lanes[entry.Start];
            while (!lane.Door.IsClosed)
            {
                if (await lane.Door.EnterAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext) is { } ticket && TryBegin(ticket, entry, lane))
                {
                    stream.OnAdmitted();
                    ticket.Outcome = Outcome<TResponse>.Failed(OutcomeKind.Rejected, refused);
                    Settle(ticket, TicketPlace.Admitting, _clock.Now);
                    return null;
                }
            }

            throw;
        }
    }

    /// <summary>Puts a call on its way, if it can enter without waiting.</summary>
    private bool TryLaunch(Call<TRequest, TResponse> call, in Entry<TRequest, TResponse> entry, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested || !TryAdmit(entry, out Ticket<TRequest, TResponse>? ticket))
        {
            return false;
        }

        call.Begin(ticket!, cancellationToken);
        Launch(ticket!, entry.CheckedAt);
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResponse> LaunchAndWaitAsync(
        Call<TRequest, TResponse> call, Entry<TRequest, TResponse> entry, CancellationToken cancellationToken)
    {
        await LaunchSlowlyAsync(call, entry, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return await call.Response.ConfigureAwait(Continuations.KeepContext);
    }

    /// <summary>Waits at the door, then puts a call on its way.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask LaunchSlowlyAsync(Call<TRequest, TResponse> call, Entry<TRequest, TResponse> entry, CancellationToken cancellationToken)
    {
        Ticket<TRequest, TResponse> ticket;
        TimeSpan left = _clock.Until(entry.DeadlineAt, _clock.Now);
        if (left > LongestTimer)
        {
            ticket = await AdmitAsync(entry, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
        else
        {
            using CancellationTokenSource deadline = new(left, _clock.TimeProvider);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            try
            {
                ticket = await AdmitAsync(entry, either.Token).ConfigureAwait(Continuations.KeepContext);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // In the caller's own name, not in that of the two together.
                throw new OperationCanceledException(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Refusal refusal = new("deadline", $"there was no room within the deadline of {Duration.ToText(entry.Options.Deadline!.Value)}; raise Slots or send less at once.");
                Reject(refusal);
                throw new RequestRefusedException(refusal);
            }
        }

        call.Begin(ticket, cancellationToken);
        Launch(ticket, _clock.Now);
    }
}
