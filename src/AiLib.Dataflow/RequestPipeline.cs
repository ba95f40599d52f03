using System.Runtime.CompilerServices;
using AiLib.Dataflow.Admission;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Recovery;
using AiLib.Dataflow.Settlement;
using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>Gets each request answered once: as fast as the targets allow, never faster, whatever fails on the way. START HERE.</summary>
/// <typeparam name="TRequest">What a caller sends.</typeparam>
/// <typeparam name="TResponse">What a caller gets.</typeparam>
/// <remarks>
/// <para>This file is the only one that knows the order of the stages. A request becomes a ticket at the door and holds that slot until its answer was
/// taken; that is the one place where anything waits for room, so nothing behind it can deadlock. Then:</para>
/// <code>
///   1 preflight   may it enter?                         here, on the caller's side
///     door        one free ticket                       Admission/AdmissionDoor
///   2 rate gate   credits  ┐ circuit, permit and
///   3 in-flight   a permit ┘ credits together, or none  Capacity/PreflightChecker, asked by RequestPipeline.Lane
///   4 dispatch    one attempt                           Dispatch/Dispatcher
///   5 retry       a verdict, then a wait                Recovery/RecoveryPolicy, RetryQueue
///   6 redirect    to the next lane's inbox              here
///   7 settlement  one answer, slot returned             Settlement/Call, ResultStream
/// </code>
/// <para>Threading: every public member from anywhere. A ticket is moved by one thread at a time, the one that took it from its last place.</para>
/// </remarks>
public sealed partial class RequestPipeline<TRequest, TResponse> : IAsyncDisposable, ITicketReturn<TRequest, TResponse>
{
    // Set once in the constructor.
    private readonly PipelineSettings<TRequest, TResponse> _settings;
    private readonly Clock _clock;
    private readonly JitterSource _jitter;
    private readonly Lane[] _lanes;
    private readonly int _slots;
    private readonly RetryQueue<Ticket<TRequest, TResponse>> _retries;
    private readonly Alarm _watch;
    private readonly CallPool<TRequest, TResponse> _calls;
    private readonly PipelineCounters _counters;

    internal RequestPipeline(PipelineSettings<TRequest, TResponse> settings)
    {
        _settings = settings;
        _clock = new Clock(settings.TimeProvider);
        _counters = new PipelineCounters(_clock, settings.Targets.Count);
        _jitter = settings.Options.Seed is { } seed ? new JitterSource((ulong)seed) : JitterSource.Unpredictable();
        _hedges = settings.Options.Hedging is { } hedging ? new HedgeBudget(hedging.MaxShare) : null;
        _hedgeDelay = settings.Options.Hedging is { } late ? _clock.ToUnits(late.Delay) : Clock.Never;
        _slots = settings.Targets.Sum(target => target.Options.EffectiveSlots);
        _lanes = [.. settings.Targets.Select((target, index) => new Lane(this, target, index))];
        _retries = new RetryQueue<Ticket<TRequest, TResponse>>(_clock, OnRetryDue);
        _watch = new Alarm(_clock, OnWatch);
        _preflight = new PreflightStage<TRequest>([.. settings.Checks], [.. _lanes]);
        _calls = new CallPool<TRequest, TResponse>(_slots);
        Signals = new PipelineSignals(TakeSnapshot, settings.TimeProvider);
        foreach (Lane lane in _lanes)
        {
            lane.Start();
        }
    }

    /// <summary>Observes the pipeline.</summary>
    public PipelineSignals Signals { get; }

    // ── 1 Admission ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Lets a request in if it can enter without waiting.</summary>
    private bool TryAdmit(in Entry<TRequest, TResponse> entry, ThisThread thread, out Ticket<TRequest, TResponse>? ticket)
    {
        ticket = null;
        Lane start = ChooseStart(entry, out Refusal? refusal);
        return refusal is null && start.Door.TryEnter(out ticket) && TryBegin(ticket!, entry, start, thread);
    }

    /// <summary>Lets a request in, waiting at the door if need be.</summary>
    /// <exception cref="RequestRefusedException">A check refused it.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Ticket<TRequest, TResponse>> AdmitAsync(Entry<TRequest, TResponse> entry, CancellationToken cancellationToken)
    {
        while (true)
        {
            Lane start = ChooseStart(entry, out Refusal? refusal);
            if (refusal is not null)
            {
                Reject(refusal);
                throw new RequestRefusedException(refusal);
            }

            // Null: the door closed or the target became unavailable while we waited. Preflight decides again.
            if (await EnterAsync(start, cancellationToken).ConfigureAwait(Continuations.KeepContext) is { } ticket
                && TryBegin(ticket, entry, start, ThisThread.Get()))
            {
                ticket.Move(TicketPlace.Free, TicketPlace.Admitting);
                return ticket;
            }
        }
    }

    /// <summary>Makes a free ticket the request's own.</summary>
    /// <returns>False when the pipeline has begun to stop: the ticket is back in its door.</returns>
    private bool TryBegin(Ticket<TRequest, TResponse> ticket, in Entry<TRequest, TResponse> entry, Lane start, ThisThread thread)
    {
        // Counted before looking: either the stop sees the ticket, or this sees the stop. There is no fence here, because the stop has one for all threads.
        CounterRow row = _counters.Of(thread);
        _counters.Entered.Increment(row);
        if (_isStopping)
        {
            start.Door.Leave(ticket);
            OnTicketSettled(thread);
            return false;
        }

        ticket.Begin(entry, BeginAt(entry, start), ExecutionContext.Capture());
        _counters.Admitted.Increment(row);
        return true;
    }

    /// <summary>Puts an admitted ticket on its way: to its endpoint if nothing stands before it, else into its lane's inbox.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="from">Where it is: free still if nobody else can know of it, which saves the move.</param>
    /// <param name="now">A timestamp that has just been read.</param>
    /// <param name="thread">This thread.</param>
    /// <returns>Whether its endpoint has returned already.</returns>
    private bool Launch(Ticket<TRequest, TResponse> ticket, TicketPlace from, long now, ThisThread thread)
    {
        long version = ticket.Version;
        long deadline = ticket.DeadlineAt;
        Lane lane = _lanes[ticket.Lane];
        if (!lane.TryStartAtOnce(ticket, from, now, thread, out bool hasReturned))
        {
            ticket.Move(from, TicketPlace.Ready);
            lane.Enqueue(ticket, begun: false);
        }

        // From here on the ticket belongs to others; only its version may be used. The alarm and the stop have a fence for all threads: they have seen the ticket,
        // or this sees them.
        Watch(deadline);
        if (_givesUpAll)
        {
            GiveUp(ticket, version, GiveUpReason.Stopping);
        }

        return hasReturned;
    }

    // ── 2, 3 Rate gate and in-flight limiter: RequestPipeline.Lane.cs ───────────────────────────────────────────────────────────────

    // ── 4 Dispatch ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Makes one attempt. Nobody waits for it: the permit bounds how many there are, and nothing in it can throw.</summary>
    /// <returns>Whether the endpoint has returned already.</returns>
    private static bool Dispatch(Lane lane, Attempt<TRequest, TResponse> attempt, in AttemptCall<TRequest, TResponse> call, bool isCallers)
    {
        if (lane.DispatchesInline)
        {
            return attempt.Run(call, isCallers);
        }

        // The endpoint may work or block before its first await; whoever started the attempt must not.
        attempt.Queue(call);
        return false;
    }

    // ── 5 Recovery ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>An endpoint has returned, perhaps long after the pipeline went on without it.</summary>
    private void OnReturned(
        Lane lane, Ticket<TRequest, TResponse> ticket, in AttemptCall<TRequest, TResponse> call, in Outcome<TResponse> outcome, bool isOutermost)
    {
        if (!outcome.IsAnswered)
        {
            if (ticket.TryEndAttempt(call.Version, call.Number, TicketPlace.Deciding, out GiveUpReason givenUp))
            {
                OnAttemptFailed(lane, ticket, givenUp, outcome, isOutermost);
            }
        }
        else if (ticket.TryEndAttempt(call.Version, call.Number, TicketPlace.Settling, out _))
        {
            long now = _clock.Now;
            ThisThread thread = ThisThread.Get();
            lane.OnAnswered(ticket, outcome, now, thread);
            ticket.Outcome = outcome;
            Settle(ticket, now, thread, isOutermost);
        }
    }

    /// <summary>Decides what follows from an attempt that brought no answer.</summary>
    private void OnAttemptFailed(Lane lane, Ticket<TRequest, TResponse> ticket, GiveUpReason givenUp, in Outcome<TResponse> returned, bool isOutermost)
    {
        long now = _clock.Now;
        Outcome<TResponse> outcome = returned;
        if (outcome.Kind == OutcomeKind.Cancelled && givenUp == GiveUpReason.None && ticket.EndsAt <= now)
        {
            outcome = outcome with { Kind = OutcomeKind.TimedOut, Error = lane.AttemptTimedOut(outcome.Error) };
        }

        // The permit goes back before recovery: a waiting retry must not hold a place in flight.
        lane.OnFailed(ticket, outcome, now, ThisThread.Get());
        ticket.Outcome = outcome;
        ticket.LastError = outcome.Error;
        if (givenUp != GiveUpReason.None)
        {
            Drop(ticket, TicketPlace.Deciding, givenUp);
        }
        else if (!TryMoveInPool(lane, ticket))
        {
            Recover(lane, ticket, now, isOutermost);
        }
    }

    private void Recover(Lane lane, Ticket<TRequest, TResponse> ticket, long now, bool isOutermost)
    {
        Outcome<TResponse> outcome = ticket.Outcome;
        Lane? next = NextLane(ticket);
        RecoveryFacts facts = new(
            outcome.Kind, ticket.AttemptsOnLane, outcome.RetryAfter, _clock.Until(ticket.DeadlineAt, now), next is not null, _jitter.Next());
        Verdict verdict = lane.WithinBudget(RecoveryPolicy.Decide(facts, lane.RetryPolicy), facts, ticket, now);
        switch (verdict.Kind)
        {
            case VerdictKind.Retry:
                RetryLater(lane, ticket, _clock.After(now, verdict.Delay), verdict.Delay);
                break;
            case VerdictKind.Redirect:
                Redirect(ticket, TicketPlace.Deciding, lane, next!, outcome.Kind);
                break;
            default:
                ticket.Outcome = WithReason(outcome, verdict.Reason, lane);
                Settle(ticket, TicketPlace.Deciding, now, isOutermost);
                break;
        }
    }

    private void RetryLater(Lane lane, Ticket<TRequest, TResponse> ticket, long due, TimeSpan delay)
    {
        RetryEvent retry = new(lane.Id, ticket.Outcome.Kind, ticket.Outcome.Error, ticket.Attempts, delay);
        long version = ticket.Version;

        // Before the ticket moves on: whoever is answered has been told of everything that led to it.
        Raise(_settings.OnRetry, retry);
        lane.Counters.Delayed.Increment();
        ticket.Move(TicketPlace.Deciding, TicketPlace.Delayed);

        // From here on the ticket belongs to the retry queue; only its version may be used.
        _retries.Add(ticket, due);
        DropIfGivenUp(ticket, version);
        lane.NoteConstraint();
    }

    private void OnRetryDue(Ticket<TRequest, TResponse> ticket)
    {
        Lane lane = _lanes[ticket.Lane];
        lane.Counters.Released.Increment();
        bool begun = ticket.RetryPriority == RetryPriority.BeforeNewWork;
        ticket.Move(TicketPlace.Delayed, TicketPlace.Ready);
        (lane.Pool?.Again(ticket, lane) ?? lane).Enqueue(ticket, begun);
    }

    // ── 6 Redirect ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Moves a ticket to another lane. Its slot stays its own, and the other inbox has room for it.</summary>
    private void Redirect(Ticket<TRequest, TResponse> ticket, TicketPlace from, Lane lane, Lane next, OutcomeKind? cause)
    {
        RedirectEvent redirect = new(lane.Id, next.Id, cause, cause is null ? null : ticket.Outcome.Error, ticket.Attempts);
        Raise(_settings.OnRedirect, redirect);
        lane.Counters.RedirectedAway.Increment();
        ticket.Lane = next.Index;
        ticket.Visited |= (1UL << next.Index) | (lane.Pool is null || lane.Pool == next.Pool ? 0 : lane.Pool.Lanes);
        ticket.AttemptsOnLane = lane.Pool is not null && lane.Pool == next.Pool ? ticket.AttemptsOnLane : 0;
        if (from != TicketPlace.Ready)
        {
            ticket.Move(from, TicketPlace.Ready);
        }

        next.Enqueue(ticket, begun: true);
    }

    // Which lane is next: RequestPipeline.Fallback.cs.

    // ── 7 Settlement ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Settles a ticket without an answer.</summary>
    private void Settle(Ticket<TRequest, TResponse> ticket, TicketPlace from, long now, bool isOutermost = false)
    {
        ticket.Move(from, TicketPlace.Settling);
        Settle(ticket, now, ThisThread.Get(), isOutermost);
    }

    /// <summary>Hands a settled ticket with its outcome to whoever waits for it; the slot goes with it. The last that is done with a ticket.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="now">A timestamp that has just been read.</param>
    /// <param name="thread">This thread.</param>
    /// <param name="isOutermost">Whether nothing of the pipeline's is left to do on this thread, so that the caller may go on here.</param>
    private void Settle(Ticket<TRequest, TResponse> ticket, long now, ThisThread thread, bool isOutermost)
    {
        ticket.SettledAt = now;
        CountEnd(ticket, thread);
        ticket.Owner!.Settle(ticket, thread, isOutermost);
    }
}
