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
    private long _attemptEndsAt = long.MaxValue;

    // Written by the one who gave the request up, after the fact. One of an earlier use, written late, is told by its version.
    private GivingUp? _givenUp;

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

    /// <summary>What the request wants.</summary>
    public RequestOptions Options { get; private set; }

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

    /// <summary>Attempts made over all targets.</summary>
    public int Attempts { get; set; }

    /// <summary>Attempts made at the target it is at.</summary>
    public int AttemptsOnLane { get; set; }

    /// <summary>The lane of the last attempt; -1 before the first.</summary>
    public int LastLane { get; set; } = -1;

    /// <summary>What the last attempt produced, and at the end what is settled.</summary>
    public Outcome<TResponse> Outcome { get; set; }

    /// <summary>The last attempt's error: what someone who gives the request up from outside may read.</summary>
    public Exception? LastError { get; set; }

    /// <summary>Whether the request was given up, and why. It may be just now; the beginning and the end of an attempt are the moments that decide.</summary>
    public GiveUpReason GivenUp => State.GivenUp;

    /// <summary>Whether the request of that use was given up and is still here.</summary>
    public bool IsGivenUp(long version) => State is var state && state.Version == version && state.GivenUp != GiveUpReason.None;

    /// <summary>Begins a use of the ticket: a request has the slot.</summary>
    /// <param name="entry">The request.</param>
    /// <param name="lane">The lane it starts at.</param>
    /// <param name="context">What flows with its caller.</param>
    public void Begin(in Entry<TRequest, TResponse> entry, int lane, ExecutionContext? context)
    {
        TicketState state = State;
        Require(state, TicketPlace.Free, TicketPlace.Admitting);
        Request = entry.Request;
        Options = entry.Options;
        Owner = entry.Owner;
        Index = entry.Index;
        Context = context;
        AdmittedAt = entry.CheckedAt;
        DeadlineAt = entry.DeadlineAt;
        WhenUnavailable = entry.WhenUnavailable;
        Lane = lane;
        Visited = 1UL << lane;

        // Not interlocked: nobody else changes the state of a free ticket, and what is written above is there for whoever sees it admitted.
        Volatile.Write(ref _state, state.At(TicketPlace.Admitting).Word);
    }

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
        while (!TryChange(state, state.At(to)));
    }

    /// <summary>Begins an attempt.</summary>
    /// <param name="from">Where the ticket is.</param>
    /// <param name="start">What the lane gives it.</param>
    /// <param name="attempt">The attempt, to be run.</param>
    /// <returns>False when the request was given up since anyone looked: there is nobody to make an attempt for.</returns>
    public bool TryBeginAttempt(TicketPlace from, in AttemptStart<TRequest, TResponse> start, out Attempt<TRequest, TResponse>? attempt)
    {
        TicketState state = State;
        Require(state, from, TicketPlace.InFlight);
        attempt = null;
        if (state.GivenUp != GiveUpReason.None)
        {
            return false;
        }

        CancellationTokenSource source = _cancellation ??= new CancellationTokenSource();
        Volatile.Write(ref _attemptEndsAt, start.EndsAt);
        attempt = _attempt ??= new Attempt<TRequest, TResponse>(this);
        attempt.Fill(start, state.Version, Attempts + 1, Request, Context, source.Token);
        if (!TryChange(state, state.Begin(Attempts + 1)))
        {
            // Only giving up can have come between.
            Volatile.Write(ref _attemptEndsAt, long.MaxValue);
            attempt.Clear();
            attempt = null;
            return false;
        }

        Attempts++;
        AttemptsOnLane++;
        return true;
    }

    /// <summary>Ends an attempt whose endpoint has returned, unless the pipeline's patience was faster.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="to">Where the ticket goes: it is settled, or recovery decides.</param>
    /// <param name="end">What the attempt leaves behind.</param>
    /// <returns>False when the pipeline has gone on without it.</returns>
    public bool TryEndAttempt(Attempt<TRequest, TResponse> attempt, TicketPlace to, out AttemptEnd end)
    {
        if (!TryEnd(attempt, attempt.Version, attempt.Number, to, out end))
        {
            return false;
        }

        attempt.Clear();
        return true;
    }

    /// <summary>Goes on without an endpoint that does not return: it keeps its attempt for ever, and the ticket takes a new one.</summary>
    /// <param name="version">The use of the ticket that is meant.</param>
    /// <param name="number">The number of the attempt that is meant, or its lower half.</param>
    /// <param name="end">What the attempt leaves behind.</param>
    /// <returns>False when the endpoint has returned.</returns>
    public bool TryAbandonAttempt(long version, int number, out AttemptEnd end)
    {
        if (!TryEnd(_attempt, version, number, TicketPlace.Deciding, out end))
        {
            return false;
        }

        _attempt = null;
        _cancellation = null;
        return true;
    }

    private bool TryEnd(Attempt<TRequest, TResponse>? attempt, long version, int number, TicketPlace to, out AttemptEnd end)
    {
        TicketState state;
        do
        {
            state = State;
            if (attempt is null || !state.IsAttempting(version, number))
            {
                end = default;
                return false;
            }

            end = new AttemptEnd(attempt.StartedAt, _attemptEndsAt, attempt.Pass, state.GivenUp);
        }
        while (!TryChange(state, state.At(to)));

        Volatile.Write(ref _attemptEndsAt, long.MaxValue);

        // A source that somebody cancels is theirs; one that nobody did serves again.
        if (state.IsCancelled || _cancellation?.TryReset() != true)
        {
            _cancellation = null;
        }

        return true;
    }

    /// <summary>When somebody has to look after the running attempt: its time is up, or it was given up and may not be waited for any longer.</summary>
    /// <returns>A timestamp, never for a ticket without a running attempt; and whether the time is up already.</returns>
    public long AttemptEndsAt(long version)
    {
        TicketState state = State;
        if (state.Place != TicketPlace.InFlight || state.Version != version)
        {
            return long.MaxValue;
        }

        long endsAt = Volatile.Read(ref _attemptEndsAt);
        return state.GivenUp != GiveUpReason.None && Volatile.Read(ref _givenUp) is { } given && given.Version == version ? Math.Min(endsAt, given.At) : endsAt;
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

    private bool TryChange(TicketState from, TicketState to) => Interlocked.CompareExchange(ref _state, to.Word, from.Word) == from.Word;

    private static void Require(TicketState state, TicketPlace from, TicketPlace to)
    {
        if (state.Place != from)
        {
            Environment.FailFast($"AiLib.Dataflow: a ticket that should be {from} is {state.Place} and cannot move to {to}.");
        }
    }

    // Foreign callbacks run here and now.
    private void Cancel(CancellationTokenSource? source)
    {
        if (source is not null && !source.TryCancel())
        {
            callbackErrors.Increment();
        }
    }

    private sealed record GivingUp(long Version, long At);
}

/// <summary>What the one who gives a request up tells its owner.</summary>
internal readonly record struct GivenUpFacts<TRequest, TResponse>(
    ITicketOwner<TRequest, TResponse> Owner, long OwnerVersion, int LastLane, int Attempts, long AdmittedAt, Exception? LastError);

/// <summary>Why a request was given up.</summary>
internal enum GiveUpReason
{
    None,

    /// <summary>Its caller cancelled it.</summary>
    Caller,

    /// <summary>Its deadline passed.</summary>
    Deadline,

    /// <summary>The pipeline stops and its time to drain is over.</summary>
    Stopping,
}

/// <summary>Who is told the answer to a request: a call or a stream.</summary>
internal interface ITicketOwner<TRequest, TResponse>
{
    /// <summary>Tells one use of an owner that serves many requests in turn from the next.</summary>
    long Version { get; }

    /// <summary>Tells the caller at once that the request was given up, if it waits for that request. The ticket follows later.</summary>
    void OnGivenUp(long version, in Settled<TRequest, TResponse> settled);

    /// <summary>Takes the settled ticket, with its slot, and says so to the pipeline. Called once for each ticket, and the last that is done with it.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="isOutermost">Whether nothing of the pipeline's is left to do on this thread, so that the caller may go on here.</param>
    void Settle(Ticket<TRequest, TResponse> ticket, bool isOutermost);
}
