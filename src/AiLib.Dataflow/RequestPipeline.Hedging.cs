using System.Runtime.CompilerServices;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Settlement;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>Hedging: a second ticket for a call, at another target, while the first one's attempt takes long. Without it, one look at whether there is a budget.</summary>
public sealed partial class RequestPipeline<TRequest, TResponse> : IHedger<TRequest, TResponse>
{
    // Set once in the constructor. Null without hedging; never without.
    private readonly HedgeBudget? _hedges;
    private readonly long _hedgeDelay;

    /// <inheritdoc/>
    void IHedger<TRequest, TResponse>.Hedge(HedgedCall<TRequest, TResponse> call, int attempt)
    {
        long now = _clock.Now;
        if (!call.First.TryLookAtAttempt(out AttemptFacts<TRequest, TResponse> first)
            || first.Attempts != attempt
            || HedgeLane(call.Entry, first, now) is not { } lane
            || !_hedges!.TrySpend())
        {
            return;
        }

        if (!TryBeginHedge(call, first, lane, now))
        {
            _hedges.GiveBack();
        }
    }

    /// <inheritdoc/>
    void IHedger<TRequest, TResponse>.CountCall(Ticket<TRequest, TResponse> ticket, OutcomeKind kind, ThisThread thread) => Count(ticket, kind, thread);

    /// <inheritdoc/>
    void IHedger<TRequest, TResponse>.CountHedgeEnd(ThisThread thread) => _counters.HedgesEnded.Increment(_counters.Of(thread));

    /// <inheritdoc/>
    void IHedger<TRequest, TResponse>.CountHedgeWon(Ticket<TRequest, TResponse> ticket, ThisThread thread) =>
        _lanes[ticket.Lane].Counters.HedgesWon.Increment(_counters.Of(thread));

    private async ValueTask<TResponse> SendHedgeableAsync(
        HedgedCall<TRequest, TResponse> call, Entry<TRequest, TResponse> entry, CancellationToken cancellationToken)
    {
        Answer<TResponse> answer = await AskHedgeableAsync(call, entry, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return answer.Outcome.IsAnswered ? answer.Outcome.Response! : throw Failure.ToException(answer.Outcome, answer.Target, answer.Attempts);
    }

    private async ValueTask<Settled<TRequest, TResponse>> TrySendHedgeableAsync(TRequest request, RequestOptions options, CancellationToken cancellationToken)
    {
        HedgedCall<TRequest, TResponse> call = new(this);
        Enter(request, options, call.First, index: 0, Unavailability.Refuse, out Entry<TRequest, TResponse> entry);
        Answer<TResponse> answer = await AskHedgeableAsync(call, entry, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        if (!answer.Outcome.IsAnswered)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return new Settled<TRequest, TResponse>(request, Index: 0, answer.Outcome, answer.Target, answer.Attempts, answer.Elapsed);
    }

    /// <summary>Puts a call on its way that may get a hedge, and waits for its answer.</summary>
    private async ValueTask<Answer<TResponse>> AskHedgeableAsync(
        HedgedCall<TRequest, TResponse> call, Entry<TRequest, TResponse> entry, CancellationToken cancellationToken)
    {
        long now = entry.CheckedAt;
        bool waits = false;
        if (!cancellationToken.IsCancellationRequested && TryAdmit(entry, ThisThread.Get(), out Ticket<TRequest, TResponse>? ticket))
        {
            ticket!.Move(TicketPlace.Free, TicketPlace.Admitting);
        }
        else
        {
            waits = true;
            ticket = await AdmitWithinDeadlineAsync(entry, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            now = _clock.Now;
        }

        _hedges!.OnCall();
        Lane start = _lanes[ticket.Home];
        CancellationTokenRegistration registration = call.Begin(ticket, entry, cancellationToken);
        Launch(ticket, TicketPlace.Admitting, now, ThisThread.Get());
        if (waits)
        {
            start.NoteDoor();
        }

        Answer<TResponse> answer = await call.Told.ConfigureAwait(Continuations.KeepContext);

        // Does not wait for a callback that is running: the call is of one use, and knows that it was answered.
        registration.Unregister();
        return answer;
    }

    /// <summary>Looks whether a hedge is due for a ticket's running attempt.</summary>
    /// <returns>When to look again.</returns>
    private long WatchHedge(Ticket<TRequest, TResponse> ticket, long version, long now)
    {
        if (!ticket.TryLookAtAttempt(version, out AttemptFacts<TRequest, TResponse> attempt)
            || attempt.Owner is not CallLeg<TRequest, TResponse> { IsHedge: false, Call: var call }
            || !call.MayHedge(attempt.Attempts))
        {
            return Clock.Never;
        }

        long due = Clock.After(attempt.StartedAt, _hedgeDelay);
        if (due > now)
        {
            return due;
        }

        if (call.TrySetDue(attempt.Attempts))
        {
            // Not here: an endpoint may work or block before its first await, and the watch must not.
            PoolWork.Queue(call);
        }

        return Clock.Never;
    }

    /// <summary>The target for a hedge: the next that the call has not visited and that could start it in this instant, members of the same pool first.</summary>
    private Lane? HedgeLane(in Entry<TRequest, TResponse> entry, in AttemptFacts<TRequest, TResponse> first, long now)
    {
        RequestCost<TRequest> wanted = entry.Wanted;
        bool stays = entry.StaysOnTarget;
        if (stays && entry.Start >= 0)
        {
            return null;
        }

        LanePool? own = _lanes[first.Lane].Pool;
        Lane? chosen = own?.WhoCouldHedge(wanted, first.Visited, now);
        for (int step = 1; chosen is null && step < _lanes.Length; step++)
        {
            Lane lane = _lanes[(first.Lane + step) % _lanes.Length];
            if ((first.Visited & (1UL << lane.Index)) == 0 && (!stays || lane.Pool == own))
            {
                chosen = lane.Pool is { } pool ? pool.WhoCouldHedge(wanted, first.Visited, now) : lane.CouldHedge(wanted, now) ? lane : null;
            }
        }

        return chosen;
    }

    /// <summary>Begins a hedge: with a free slot, permit, circuit and credits at once, or not at all.</summary>
    private bool TryBeginHedge(HedgedCall<TRequest, TResponse> call, in AttemptFacts<TRequest, TResponse> first, Lane lane, long now)
    {
        if (!lane.Door.TryEnter(out Ticket<TRequest, TResponse>? ticket))
        {
            return false;
        }

        // As in TryBegin: either the stop sees the ticket, or this sees the stop.
        ThisThread thread = ThisThread.Get();
        _counters.Entered.Increment(_counters.Of(thread));
        CallLeg<TRequest, TResponse> hedge = new(call, first.Attempts);
        ticket!.Begin(call.Entry with { Owner = hedge, StaysOnTarget = true, Start = lane.Index }, lane.Index, call.Context);
        ticket.Use = TicketUse.Hedge;
        ticket.Attempts = first.Attempts;
        hedge.Begin(ticket);
        bool takes = !_isStopping && lane.TryTakeAtOnce(ticket, now, thread);
        if (!takes || !call.TryAdd(hedge))
        {
            if (takes)
            {
                lane.GiveBack(ticket);
            }

            ticket.Move(TicketPlace.Free, TicketPlace.Settling);
            Return(ticket);
            OnTicketSettled(thread);
            return false;
        }

        lane.Counters.Hedges.Increment(_counters.Of(thread));
        ticket.Move(TicketPlace.Free, TicketPlace.Ready);
        if (call.IsDecided)
        {
            // By someone who came before the ticket could be given up. Whoever decides from now on finds it where it can.
            hedge.GiveUp(this);
        }

        long version = ticket.Version;
        long deadline = ticket.DeadlineAt;
        lane.StartHedge(ticket, now, thread);
        Watch(deadline);
        if (_givesUpAll)
        {
            GiveUp(ticket, version, GiveUpReason.Stopping);
        }

        return true;
    }

    /// <summary>Counts the end of a request, unless its owner does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountEnd(Ticket<TRequest, TResponse> ticket, ThisThread thread)
    {
        if (!ticket.IsCountedByOwner)
        {
            Count(ticket, ticket.Outcome.Kind, thread);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Count(Ticket<TRequest, TResponse> ticket, OutcomeKind kind, ThisThread thread)
    {
        CounterRow row = _counters.Of(thread);
        _counters.CountSettled(kind, row);
        _counters.Elapsed.Record(ticket.SettledAt - ticket.AdmittedAt, row);
    }
}
