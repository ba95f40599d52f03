using AiLib.Dataflow.Admission;
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
    private readonly Ticket<TRequest, TResponse>[] _tickets;
    private readonly RetryQueue<Ticket<TRequest, TResponse>> _retries;
    private readonly Alarm _watch;
    private readonly CallPool<TRequest, TResponse> _calls;
    private readonly PipelineCounters _counters = new();

    internal RequestPipeline(PipelineSettings<TRequest, TResponse> settings)
    {
        _settings = settings;
        _clock = new Clock(settings.TimeProvider);
        _jitter = settings.Options.Seed is { } seed ? new JitterSource((ulong)seed) : JitterSource.Unpredictable();
        _slots = settings.Targets.Sum(target => target.Options.EffectiveSlots);
        _lanes = [.. settings.Targets.Select((target, index) => new Lane(this, target, index))];
        _tickets = [.. _lanes.SelectMany(lane => lane.Tickets)];
        _retries = new RetryQueue<Ticket<TRequest, TResponse>>(_clock, OnRetryDue);
        _watch = new Alarm(_clock, OnWatch);
        _preflight = new PreflightStage<TRequest>(settings.Checks, _lanes);
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
    private bool TryAdmit(in Entry entry, out Ticket<TRequest, TResponse>? ticket)
    {
        ticket = null;
        Lane start = ChooseStart(entry, out Refusal? refusal);
        return refusal is null && start.Door.TryEnter(out ticket) && TryBegin(ticket!, entry, start);
    }

    /// <summary>Lets a request in, waiting at the door if need be.</summary>
    /// <exception cref="RequestRefusedException">A check refused it.</exception>
    private async ValueTask<Ticket<TRequest, TResponse>> AdmitAsync(Entry entry, CancellationToken cancellationToken)
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
            if (await start.Door.EnterAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext) is { } ticket && TryBegin(ticket, entry, start))
            {
                return ticket;
            }
        }
    }

    /// <summary>Makes a free ticket the request's own.</summary>
    /// <returns>False when the pipeline has begun to stop: the ticket is back in its door.</returns>
    private bool TryBegin(Ticket<TRequest, TResponse> ticket, in Entry entry, Lane start)
    {
        // Counted before looking: either the stop sees the ticket, or this sees the stop.
        Interlocked.Increment(ref _active);
        if (_isStopping)
        {
            start.Door.Leave(ticket);
            OnTicketSettled();
            return false;
        }

        ticket.Begin(entry.ToStart(ExecutionContext.Capture()));
        ticket.Lane = start.Index;
        ticket.Visited = 1UL << start.Index;
        _counters.Admitted.Increment();
        Watch(ticket.DeadlineAt);
        Interlocked.MemoryBarrier();
        if (_givesUpAll)
        {
            // The stop looked at the tickets before this one had an owner.
            GiveUp(ticket, ticket.Version, GiveUpReason.Stopping);
        }

        return true;
    }

    /// <summary>Puts an admitted ticket on its way.</summary>
    private void Launch(Ticket<TRequest, TResponse> ticket)
    {
        ticket.Move(TicketPlace.Admitting, TicketPlace.Ready);
        _lanes[ticket.Lane].Enqueue(ticket, begun: false);
    }

    // ── 2, 3 Rate gate and in-flight limiter: RequestPipeline.Lane.cs ───────────────────────────────────────────────────────────────

    // ── 4 Dispatch ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Makes one attempt. The lane does not wait for it: the permit bounds how many there are, and nothing in here can throw.</summary>
    private async Task AttemptAsync(Lane lane, Ticket<TRequest, TResponse> ticket, Attempt<TRequest> attempt)
    {
        if (!lane.DispatchesInline)
        {
            // The endpoint may work or block before its first await; the lane must not.
            await Task.Yield();
        }

        AttemptContext context = new(lane.Id, attempt.Number, lane.Options.AttemptTimeout);
        Outcome<TResponse> outcome = await lane.Dispatcher.CallAsync(attempt.Request, context, attempt.Context, attempt.Cancellation)
            .ConfigureAwait(Continuations.KeepContext);
        if (ticket.TryEndAttempt(attempt.Version, attempt.Number))
        {
            OnAttemptEnded(lane, ticket, attempt, outcome);
        }
    }

    // ── 5 Recovery ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Decides what follows from an attempt.</summary>
    private void OnAttemptEnded(Lane lane, Ticket<TRequest, TResponse> ticket, in Attempt<TRequest> attempt, Outcome<TResponse> outcome)
    {
        long now = _clock.Now;
        GiveUpReason givenUp = ticket.GivenUp;
        if (outcome.Kind == OutcomeKind.Cancelled && givenUp == GiveUpReason.None && attempt.EndsAt <= now)
        {
            outcome = outcome with { Kind = OutcomeKind.TimedOut, Error = lane.AttemptTimedOut(outcome.Error) };
        }

        // The permit goes back before recovery: a waiting retry must not hold a place in flight.
        lane.OnAttemptEnded(attempt, outcome, now);
        ticket.Outcome = outcome;
        ticket.LastError = outcome.Error;
        if (outcome.IsAnswered)
        {
            Settle(ticket, TicketPlace.InFlight);
        }
        else if (givenUp != GiveUpReason.None)
        {
            Drop(ticket, TicketPlace.InFlight, givenUp);
        }
        else
        {
            Recover(lane, ticket, now);
        }
    }

    private void Recover(Lane lane, Ticket<TRequest, TResponse> ticket, long now)
    {
        Outcome<TResponse> outcome = ticket.Outcome;
        Lane? next = NextLane(ticket);
        RecoveryFacts facts = new(
            outcome.Kind, ticket.AttemptsOnLane, outcome.RetryAfter, _clock.Until(ticket.DeadlineAt, now), next is not null, _jitter.Next());
        Verdict verdict = RecoveryPolicy.Decide(facts, lane.RetryPolicy);
        switch (verdict.Kind)
        {
            case VerdictKind.Retry:
                RetryLater(lane, ticket, _clock.After(now, verdict.Delay), verdict.Delay);
                break;
            case VerdictKind.Redirect:
                Redirect(ticket, TicketPlace.InFlight, lane, next!, outcome.Kind);
                break;
            default:
                ticket.Outcome = WithReason(outcome, verdict.Reason, lane);
                Settle(ticket, TicketPlace.InFlight);
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
        ticket.Move(TicketPlace.InFlight, TicketPlace.Delayed);

        // From here on the ticket belongs to the retry queue; only its version may be used.
        _retries.Add(ticket, due);
        DropIfGivenUp(ticket, version);
    }

    private void OnRetryDue(Ticket<TRequest, TResponse> ticket)
    {
        Lane lane = _lanes[ticket.Lane];
        lane.Counters.Released.Increment();
        bool begun = ticket.Options.RetryPriority == RetryPriority.BeforeNewWork;
        ticket.Move(TicketPlace.Delayed, TicketPlace.Ready);
        lane.Enqueue(ticket, begun);
    }

    // ── 6 Redirect ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Moves a ticket to another lane. Its slot stays its own, and the other inbox has room for it.</summary>
    private void Redirect(Ticket<TRequest, TResponse> ticket, TicketPlace from, Lane lane, Lane next, OutcomeKind? cause)
    {
        RedirectEvent redirect = new(lane.Id, next.Id, cause, cause is null ? null : ticket.Outcome.Error, ticket.Attempts);
        Raise(_settings.OnRedirect, redirect);
        lane.Counters.RedirectedAway.Increment();
        ticket.Lane = next.Index;
        ticket.Visited |= 1UL << next.Index;
        ticket.AttemptsOnLane = 0;
        if (from != TicketPlace.Ready)
        {
            ticket.Move(from, TicketPlace.Ready);
        }

        next.Enqueue(ticket, begun: true);
    }

    /// <summary>The next target that a ticket may go to: in fallback order, around the corner, one that can be called before one that cannot.</summary>
    private Lane? NextLane(Ticket<TRequest, TResponse> ticket)
    {
        if (ticket.Options.StaysOnTarget)
        {
            return null;
        }

        Lane? unavailable = null;
        for (int step = 1; step < _lanes.Length; step++)
        {
            Lane lane = _lanes[(ticket.Lane + step) % _lanes.Length];
            if ((ticket.Visited & (1UL << lane.Index)) != 0 || !lane.Fits(ticket.Options.Cost))
            {
                continue;
            }

            if (lane.UnavailableFor() == TimeSpan.Zero)
            {
                return lane;
            }

            unavailable ??= lane;
        }

        return unavailable;
    }

    // ── 7 Settlement ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Hands the ticket with its outcome to whoever waits for it; the slot goes with it.</summary>
    private void Settle(Ticket<TRequest, TResponse> ticket, TicketPlace from)
    {
        ticket.Move(from, TicketPlace.Settling);
        _counters.CountSettled(ticket.Outcome.Kind);
        _counters.Elapsed.Record(_clock.ToTimeSpan(_clock.Now - ticket.AdmittedAt));
        ITicketOwner<TRequest, TResponse> owner = ticket.Owner!;
        owner.Settle(ticket);
        OnTicketSettled();
    }
}
