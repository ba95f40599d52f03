using System.Diagnostics.CodeAnalysis;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Dispatch;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>One admitted request on its way, and the slot it holds: a ticket is one of a fixed number, used again and again.</summary>
/// <remarks>
/// <para>Threading: whoever moved the ticket to its place owns its fields until it moves it on; a queue carries them over. Only giving up and cancelling come
/// from outside, from any thread at any time: they read what they need, and then change the state's one word, which fails if the ticket has moved since. So
/// what they read belongs to the use and the attempt that they mean, and nobody ever waits for anybody.</para>
/// </remarks>
internal sealed class Ticket<TRequest, TResponse>(int home, Counter callbackErrors)
{
    // A TicketState. Moved by compare-exchange wherever somebody else could change it.
    private long _state = TicketState.New.Word;

    // Owned by whoever moves the ticket; read by those who cancel, as above. The source of a finished attempt serves the next one, unless it was cancelled.
    private CancellationTokenSource? _cancellation;
    private Attempt<TRequest, TResponse>? _attempt;

    // Written by the one who gave the request up, after the fact. One of an earlier use, written late, is told by its version.
    private GivingUp? _givenUp;

    /// <summary>What the running attempt, or the one that has just ended, holds. Filled in by its lane before it begins.</summary>
    public CapacityPass Pass;

    /// <summary>What it holds of the limit over its pool, where there is one.</summary>
    public RateReservation SharedCredits;

    /// <summary>The timestamp at which that attempt began.</summary>
    public long StartedAt;

    /// <summary>How many attempts were in flight at the target when it began, itself included; 0 where nobody wants to know.</summary>
    public int InFlightAtStart;

    /// <summary>The timestamp at which its time is up. Read by those who cancel, as above.</summary>
    public long EndsAt;

    /// <summary>The lane whose slot this is.</summary>
    public int Home { get; } = home;

    /// <summary>The next ticket in a chain; for whoever holds both.</summary>
    public Ticket<TRequest, TResponse>? Next { get; set; }

    /// <summary>Where the ticket is.</summary>
    public TicketPlace Place => State.Place;

    /// <summary>Counts the uses of the ticket; whoever acts on it from outside names the one it means.</summary>
    public long Version => State.Version;

    private TicketState State => new(Volatile.Read(ref _state));

    /// <summary>The request.</summary>
    public TRequest Request { get; private set; } = default!;

    /// <summary>The estimated cost in LLM tokens: its own, or what its lane last made of it.</summary>
    public TokenCost Cost { get; private set; }

    /// <summary>Whether its caller or the pipeline says what it costs, and no target is asked.</summary>
    public bool HasOwnCost { get; private set; }

    /// <summary>What targets have to know to say what it costs there.</summary>
    public RequestCost<TRequest> Wanted => new(Request, HasOwnCost ? Cost : default);

    /// <summary>Where a due retry queues up.</summary>
    public RetryPriority RetryPriority { get; private set; }

    /// <summary>What it is used for.</summary>
    public TicketUse Use { get; set; }

    /// <summary>Whether its owner counts its end, and not the pipeline.</summary>
    public bool IsCountedByOwner => Use >= TicketUse.HedgeableCall;

    /// <summary>Whether only the target it started at may answer it.</summary>
    public bool StaysOnTarget { get; private set; }

    /// <summary>Whether it asked for a pool, and not for one of its members.</summary>
    public bool StartedInPool { get; private set; }

    /// <summary>Whether only the one lane that it started at may answer it.</summary>
    public bool IsPinned => StaysOnTarget && !StartedInPool;

    /// <summary>Who is told the answer.</summary>
    public ITicketOwner<TRequest, TResponse>? Owner { get; private set; }

    /// <summary>The request's place in its stream.</summary>
    public long Index { get; private set; }

    /// <summary>What flows with the caller, such as the current activity; restored around each attempt.</summary>
    public ExecutionContext? Context { get; private set; }

    /// <summary>The timestamp of admission.</summary>
    public long AdmittedAt { get; private set; }

    /// <summary>No attempt starts after this timestamp.</summary>
    public long DeadlineAt { get; private set; } = long.MaxValue;

    /// <summary>The timestamp of settlement.</summary>
    public long SettledAt { get; set; }

    /// <summary>What to do while no target can take it.</summary>
    public Unavailability WhenUnavailable { get; private set; }

    /// <summary>The lane it is in.</summary>
    public int Lane { get; set; }

    /// <summary>The lanes it has been in, a bit each.</summary>
    public ulong Visited { get; set; }

    /// <summary>Attempts made over all targets. A hedge begins with those of the call that it is made for.</summary>
    public int Attempts { get; set; }

    /// <summary>Attempts made at the target it is at.</summary>
    public int AttemptsOnLane { get; set; }

    /// <summary>The lane of the last attempt; -1 before the first.</summary>
    public int LastLane { get; private set; } = -1;

    /// <summary>What the last attempt produced, and at the end what is settled.</summary>
    public Outcome<TResponse> Outcome { get; set; }

    /// <summary>The last attempt's error: what someone who gives the request up from outside may read.</summary>
    public Exception? LastError { get; set; }

    /// <summary>Whether the request was given up, and why. It may be just now; the beginning and the end of an attempt are the moments that decide.</summary>
    public GiveUpReason GivenUp => State.GivenUp;

    /// <summary>Whether the request of that use was given up and is still here.</summary>
    public bool IsGivenUp(long version) => State is var state && state.Version == version && state.GivenUp != GiveUpReason.None;

    /// <summary>Begins a use of the ticket: a request has the slot. Nobody else knows of it until the ticket leaves the place where it is free.</summary>
    /// <param name="entry">The request.</param>
    /// <param name="lane">The lane it starts at.</param>
    /// <param name="context">What flows with its caller.</param>
    public void Begin(in Entry<TRequest, TResponse> entry, int lane, ExecutionContext? context)
    {
        Require(State, TicketPlace.Free, TicketPlace.Admitting);
        Request = entry.Request;
        Cost = entry.Cost;
        HasOwnCost = Cost.Total != 0;
        RetryPriority = entry.RetryPriority;
        StaysOnTarget = entry.StaysOnTarget;
        StartedInPool = entry.Start < 0;
        Use = TicketUse.Stream;
        Owner = entry.Owner;
        Index = entry.Index;
        Context = context;
        AdmittedAt = entry.CheckedAt;
        DeadlineAt = entry.DeadlineAt;
        WhenUnavailable = entry.WhenUnavailable;
        Lane = lane;
        Visited = 1UL << lane;
    }

    /// <summary>Sets what it costs at its lane. For whoever has the ticket; its own cost stays.</summary>
    public void SetCostHere(in TokenCost cost) => Cost = HasOwnCost ? Cost : cost;

    /// <summary>Ends a use of the ticket; what refers to it from now on refers to nothing.</summary>
    public void End()
    {
        TicketState state = State;
        Require(state, TicketPlace.Settling, TicketPlace.Free);
        Owner = null;
        Request = default!;
        Context = null;
        Outcome = default;
        LastError = null;
        DeadlineAt = long.MaxValue;
        Attempts = 0;
        AttemptsOnLane = 0;
        LastLane = -1;

        // Not interlocked: nobody else changes the state of a settled ticket.
        Volatile.Write(ref _state, state.Next().Word);
    }

    /// <summary>Moves the ticket. A ticket that is not where it should be is a defect of the pipeline, and going on would answer a request twice.</summary>
    public void Move(TicketPlace from, TicketPlace to)
    {
        TicketState state;
        do
        {
            // Again when it was given up in between, which changes the word and not the place.
            state = State;
            Require(state, from, to);
        }
        while (!TryLeave(from, state, state.At(to)));
    }

    /// <summary>Begins an attempt.</summary>
    /// <param name="from">Where the ticket is.</param>
    /// <param name="dispatcher">The target's.</param>
    /// <param name="call">The attempt, to be run …</param>
    /// <param name="attempt">… here.</param>
    /// <returns>False when the request was given up since anyone looked: there is nobody to make an attempt for.</returns>
    public bool TryBeginAttempt(
        TicketPlace from,
        Dispatcher<TRequest, TResponse> dispatcher,
        out AttemptCall<TRequest, TResponse> call,
        out Attempt<TRequest, TResponse> attempt)
    {
        TicketState state = State;
        Require(state, from, TicketPlace.InFlight);
        int number = Attempts + 1;
        CancellationTokenSource source = _cancellation ??= new CancellationTokenSource();
        attempt = _attempt ??= new Attempt<TRequest, TResponse>(this);
        call = new AttemptCall<TRequest, TResponse>(dispatcher, state.Version, number, Request, Context, source.Token);

        // Counted before it begins: a thread that is suspended right after it, for longer than anyone's patience, finds a ticket that is no longer its own.
        int lastLane = LastLane;
        Attempts = number;
        AttemptsOnLane++;
        LastLane = Lane;

        // Fails only when it was given up since.
        if (state.GivenUp != GiveUpReason.None || !TryLeave(from, state, state.Begin(number)))
        {
            Attempts = number - 1;
            AttemptsOnLane--;
            LastLane = lastLane;
            return false;
        }

        return true;
    }

    /// <summary>Ends an attempt whose endpoint has returned, unless the pipeline's patience was faster. Whoever ends it owns the ticket.</summary>
    /// <param name="version">The use of the ticket that is meant.</param>
    /// <param name="number">The number of the attempt that is meant, or its lower half.</param>
    /// <param name="to">Where the ticket goes: it is settled, or recovery decides.</param>
    /// <param name="givenUp">Whether the request was given up meanwhile.</param>
    /// <returns>False when that attempt has ended already.</returns>
    public bool TryEndAttempt(long version, int number, TicketPlace to, out GiveUpReason givenUp)
    {
        TicketState state;
        do
        {
            state = State;
            givenUp = state.GivenUp;
            if (!state.IsAttempting(version, number))
            {
                return false;
            }
        }
        while (!TryChange(state, state.At(to)));

        // A source that somebody cancels is theirs; one that nobody did serves again.
        if (state.IsCancelled || !_cancellation!.TryReset())
        {
            _cancellation = null;
        }

        return true;
    }

    /// <summary>Goes on without an endpoint that does not return: it keeps its place for ever, and the ticket takes a new one.</summary>
    /// <param name="version">The use of the ticket that is meant.</param>
    /// <param name="number">The lower half of the number of the attempt that is meant.</param>
    /// <param name="givenUp">Whether the request was given up meanwhile.</param>
    /// <returns>False when the endpoint has returned.</returns>
    public bool TryAbandonAttempt(long version, int number, out GiveUpReason givenUp)
    {
        if (!TryEndAttempt(version, number, TicketPlace.Deciding, out givenUp))
        {
            return false;
        }

        _attempt = null;
        _cancellation = null;
        return true;
    }

    /// <summary>Goes on without the place of an attempt that somebody may come back to who should not.</summary>
    /// <param name="attempt">The place. Whoever owns the ticket takes it or a new one, and either does.</param>
    public void Leave(Attempt<TRequest, TResponse> attempt) => Interlocked.CompareExchange(ref _attempt, null, attempt);

    /// <summary>When somebody has to look after the running attempt: its time is up, or it was given up and may not be waited for any longer.</summary>
    /// <returns>A timestamp, never for a ticket without a running attempt; and whether the time is up already.</returns>
    public long AttemptEndsAt(long version)
    {
        TicketState state = State;
        if (state.Place != TicketPlace.InFlight || state.Version != version)
        {
            return long.MaxValue;
        }

        long endsAt = EndsAt;
        return state.GivenUp != GiveUpReason.None && Volatile.Read(ref _givenUp) is { } given && given.Version == version ? Math.Min(endsAt, given.At) : endsAt;
    }

    /// <summary>Looks at the running attempt of a use of the ticket, if nobody has cancelled it or given it up.</summary>
    public bool TryLookAtAttempt(long version, out AttemptFacts<TRequest, TResponse> facts)
    {
        TicketState state = State;
        facts = new AttemptFacts<TRequest, TResponse>(Owner, Attempts, StartedAt, Lane, Visited);

        // What was read lies between two looks at the same word.
        Interlocked.MemoryBarrier();
        return state.IsAttempting(version, state.Attempt) && !state.IsCancelled && state.GivenUp == GiveUpReason.None && State == state;
    }

    /// <summary>Cancels the running attempt because its time is up.</summary>
    /// <param name="version">The use of the ticket that is meant.</param>
    /// <param name="now">The time.</param>
    /// <param name="attempt">The lower half of the attempt's number.</param>
    /// <returns>False when there is none whose time is up.</returns>
    public bool TryExpireAttempt(long version, long now, out int attempt)
    {
        while (true)
        {
            TicketState state = State;
            CancellationTokenSource? source = _cancellation;
            attempt = state.Attempt;
            if (!state.IsAttempting(version, attempt) || AttemptEndsAt(version) > now)
            {
                return false;
            }

            if (state.IsCancelled)
            {
                return true;
            }

            if (TryChange(state, state.Cancel()))
            {
                Cancel(source);
                return true;
            }
        }
    }

    /// <summary>Gives the request up: cancels the running attempt and lets the pipeline drop the ticket at the next occasion.</summary>
    /// <param name="version">The use of the ticket that is meant.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">A running attempt's time is up from now on.</param>
    /// <param name="facts">Who waits for the answer, and what was done for it.</param>
    /// <returns>False when that use is over, settled, or given up already.</returns>
    public bool TryGiveUp(long version, GiveUpReason reason, long now, out GivenUpFacts<TRequest, TResponse> facts)
    {
        TicketState state;
        TicketState next;
        CancellationTokenSource? source;
        do
        {
            state = State;
            facts = default;
            if (state.Version != version || state.GivenUp != GiveUpReason.None || state.Place is TicketPlace.Free or TicketPlace.Settling || Owner is not { } owner)
            {
                return false;
            }

            source = state.Place == TicketPlace.InFlight && !state.IsCancelled ? _cancellation : null;
            next = source is null ? state.GiveUp(reason) : state.GiveUp(reason).Cancel();
            facts = new GivenUpFacts<TRequest, TResponse>(owner, owner.Version, LastLane, Attempts, AdmittedAt, LastError);
        }
        while (!TryChange(state, next));

        Volatile.Write(ref _givenUp, new GivingUp(version, now));
        Cancel(source);
        return true;
    }

    private bool TryLeave(TicketPlace place, TicketState from, TicketState to)
    {
        if (place != TicketPlace.Free)
        {
            return TryChange(from, to);
        }

        // Not interlocked: nobody else changes the state of a free ticket, and what was written before is there for whoever sees it elsewhere.
        Volatile.Write(ref _state, to.Word);
        return true;
    }

    private bool TryChange(TicketState from, TicketState to) => Interlocked.CompareExchange(ref _state, to.Word, from.Word) == from.Word;

    private static void Require(TicketState state, TicketPlace from, TicketPlace to)
    {
        if (state.Place != from)
        {
            Fail(state, from, to);
        }
    }

    // Apart, so that asking is a comparison and no more.
    [DoesNotReturn]
    private static void Fail(TicketState state, TicketPlace from, TicketPlace to) =>
        Environment.FailFast($"AiLib.Dataflow: a ticket that should be {from} is {state.Place} and cannot move to {to}.");

    // Foreign callbacks run here and now.
    private void Cancel(CancellationTokenSource? source)
    {
        if (source is not null && !source.TryCancel())
        {
            callbackErrors.Increment();
        }
    }
}
