using System.Runtime.CompilerServices;
using AiLib.Dataflow.Settlement;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    // A timer holds no more than 49 days; a deadline beyond this is watched only once the request is inside.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(30);

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
        if (_hedges is not null && !options.WithoutHedging)
        {
            HedgedCall<TRequest, TResponse> hedged = new(this);
            Enter(request, options, hedged.First, index: 0, Unavailability.Refuse, out Entry<TRequest, TResponse> hedgeable);
            return SendHedgeableAsync(hedged, hedgeable, cancellationToken);
        }

        Call<TRequest, TResponse> call = _calls.Rent(this, ThisThread.Get());
        ValueTask<TResponse> response = call.Response;
        Enter(request, options, call, index: 0, Unavailability.Refuse, out Entry<TRequest, TResponse> entry);
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
        if (_hedges is not null && !options.WithoutHedging)
        {
            return await TrySendHedgeableAsync(request, options, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        Call<TRequest, TResponse> call = _calls.Rent(this, ThisThread.Get());
        ValueTask<Settled<TRequest, TResponse>> answer = call.Settled;
        Enter(request, options, call, index: 0, Unavailability.Refuse, out Entry<TRequest, TResponse> entry);
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
    public IAsyncEnumerable<Settled<TRequest, TResponse>> RunAsync(
        IAsyncEnumerable<TRequest> requests, StreamOptions<TRequest>? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        return new StreamRun(this, requests, options ?? new StreamOptions<TRequest>(), cancellationToken);
    }

    /// <summary>Puts a call on its way, if it can enter without waiting.</summary>
    private bool TryLaunch(Call<TRequest, TResponse> call, in Entry<TRequest, TResponse> entry, CancellationToken cancellationToken)
    {
        ThisThread thread = ThisThread.Get();
        if (cancellationToken.IsCancellationRequested || !TryAdmit(entry, thread, out Ticket<TRequest, TResponse>? ticket))
        {
            return false;
        }

        TicketPlace from = TicketPlace.Free;
        if (cancellationToken.CanBeCanceled)
        {
            // Its caller may give it up from now on.
            ticket!.Move(from, TicketPlace.Admitting);
            from = TicketPlace.Admitting;
        }

        call.Begin(ticket!, cancellationToken);
        Launch(ticket!, from, entry.CheckedAt, thread);
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
        Ticket<TRequest, TResponse> ticket = await AdmitWithinDeadlineAsync(entry, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        call.Begin(ticket, cancellationToken);
        Lane start = _lanes[ticket.Home];
        Launch(ticket, TicketPlace.Admitting, _clock.Now, ThisThread.Get());
        start.NoteDoor();
    }

    /// <summary>Waits at the door, for as long as the request's deadline and its caller allow.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Ticket<TRequest, TResponse>> AdmitWithinDeadlineAsync(Entry<TRequest, TResponse> entry, CancellationToken cancellationToken)
    {
        TimeSpan left = _clock.Until(entry.DeadlineAt, _clock.Now);
        if (left > LongestTimer)
        {
            return await AdmitAsync(entry, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        using CancellationTokenSource deadline = new(left, _clock.TimeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await AdmitAsync(entry, either.Token).ConfigureAwait(Continuations.KeepContext);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // In the caller's own name, not in that of the two together.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Refusal refusal = new("deadline", $"there was no room within the deadline of {Duration.ToText(entry.Deadline!.Value)}; raise Slots or send less at once.");
            Reject(refusal);
            throw new RequestRefusedException(refusal);
        }
    }
}
