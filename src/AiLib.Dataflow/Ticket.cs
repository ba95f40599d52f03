using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>One admitted request on its way, and the slot it holds: a ticket is one of a fixed number, used again and again.</summary>
/// <remarks>
/// <para>Threading: whoever moved the ticket to its place owns its fields until it moves it on; a queue carries them over. Only giving up comes from
/// outside, from any thread at any time, so it goes through the ticket's lock and names the version of the ticket that it means.</para>
/// </remarks>
internal sealed class Ticket<TRequest, TResponse>(int home, StripedCounter callbackErrors)
{
    // Held for a few instructions, almost always by the one who moves the ticket.
    private EditionLock _sync;

    // Guarded by _sync.
    private CancellationTokenSource? _cancellation;
    private CancellationTokenSource? _spare;
    private Attempt<TRequest, TResponse>? _attempt;

    // Written under _sync. Read without it by those who decide nothing by it: they look again under the lock, or later.
    private long _version = 1;
    private volatile GiveUpReason _givenUp;

    private int _place;

    // Written under _sync, read by the watch without it: a stale deadline only makes it look once more.
    private long _attemptEndsAt = long.MaxValue;

    /// <summary>The lane whose slot this is.</summary>
    public int Home { get; } = home;

    /// <summary>Where the ticket is.</summary>
    public TicketPlace Place => (TicketPlace)Volatile.Read(ref _place);

    /// <summary>Counts the uses of the ticket; whoever acts on it from outside names the one it means.</summary>
    public long Version => Volatile.Read(ref _version);

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

    /// <summary>When the running attempt's time is up.</summary>
    public long AttemptEndsAt => Volatile.Read(ref _attemptEndsAt);

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
    public GiveUpReason GivenUp => _givenUp;

    /// <summary>Whether the request of that use was given up and is still here.</summary>
    public bool IsGivenUp(long version)
    {
        if (_givenUp == GiveUpReason.None)
        {
            return false;
        }

        _sync.Enter();
        bool isGivenUp = _version == version && _givenUp != GiveUpReason.None;
        _sync.Exit();
        return isGivenUp;
    }

    /// <summary>Begins a use of the ticket: a request has the slot.</summary>
    /// <param name="entry">The request.</param>
    /// <param name="lane">The lane it starts at.</param>
    /// <param name="context">What flows with its caller.</param>
    public void Begin(in Entry<TRequest, TResponse> entry, int lane, ExecutionContext? context)
    {
        Move(TicketPlace.Free, TicketPlace.Admitting);
        Request = entry.Request;
        Options = entry.Options;
        Owner = entry.Owner;
        Index = entry.Index;
        Context = context;
        AdmittedAt = entry.CheckedAt.Timestamp;
        DeadlineAt = entry.DeadlineAt;
        WhenUnavailable = entry.WhenUnavailable;
        Lane = lane;
        Visited = 1UL << lane;
    }

    /// <summary>Ends a use of the ticket; what refers to it from now on refers to nothing.</summary>
    public void End()
    {
        // Before the version: who sees the new version must not see the old deadline.
        DeadlineAt = long.MaxValue;
        _sync.Enter();
        Owner = null;
        _version++;
        _givenUp = GiveUpReason.None;
        _sync.Exit();

        Request = default!;
        Context = null;
        Outcome = default;
        LastError = null;
        Visited = 0;
        Attempts = 0;
        AttemptsOnLane = 0;
        LastLane = -1;
        Move(TicketPlace.Settling, TicketPlace.Free);
    }

    /// <summary>Moves the ticket. A ticket that is not where it should be is a defect of the pipeline, and going on would answer a request twice.</summary>
    public void Move(TicketPlace from, TicketPlace to)
    {
        int seen = Interlocked.CompareExchange(ref _place, (int)to, (int)from);
        if (seen != (int)from)
        {
            Environment.FailFast($"AiLib.Dataflow: a ticket that should be {from} is {(TicketPlace)seen} and cannot move to {to}.");
        }
    }

    /// <summary>Begins an attempt.</summary>
    /// <param name="start">What the lane gives it.</param>
    /// <param name="attempt">The attempt, to be run.</param>
    /// <returns>False when the request was given up since anyone looked: there is nobody to make an attempt for.</returns>
    public bool TryBeginAttempt(in AttemptStart<TRequest, TResponse> start, out Attempt<TRequest, TResponse>? attempt)
    {
        attempt = null;
        _sync.Enter();
        if (_givenUp == GiveUpReason.None)
        {
            CancellationTokenSource source = _spare ?? new CancellationTokenSource();
            _spare = null;
            _cancellation = source;
            Volatile.Write(ref _attemptEndsAt, start.EndsAt);
            Attempts++;
            AttemptsOnLane++;
            attempt = _attempt ??= new Attempt<TRequest, TResponse>(this);
            attempt.Fill(start, _version, Attempts, Request, Context, source.Token);
        }

        _sync.Exit();
        return attempt is not null;
    }

    /// <summary>Ends an attempt whose endpoint has returned, unless the pipeline's patience was faster.</summary>
    /// <returns>False when the pipeline has gone on without it.</returns>
    public bool TryEndAttempt(Attempt<TRequest, TResponse> attempt, out AttemptEnd end)
    {
        _sync.Enter();
        bool ended = TryEndLocked(attempt.Version, attempt.Number, attempt, out end);
        if (ended)
        {
            attempt.Clear();
        }

        _sync.Exit();
        return ended;
    }

    /// <summary>Goes on without an endpoint that does not return: it keeps its attempt for ever, and the ticket takes a new one.</summary>
    /// <param name="version">The use of the ticket that is meant.</param>
    /// <param name="attempt">The number of the attempt that is meant.</param>
    /// <param name="end">What the attempt leaves behind.</param>
    /// <returns>False when the endpoint has returned.</returns>
    public bool TryAbandonAttempt(long version, int attempt, out AttemptEnd end)
    {
        _sync.Enter();
        bool ended = TryEndLocked(version, attempt, _attempt, out end);
        _attempt = ended ? null : _attempt;
        _sync.Exit();
        return ended;
    }

    private bool TryEndLocked(long version, int number, Attempt<TRequest, TResponse>? attempt, out AttemptEnd end)
    {
        if (_version != version || Attempts != number || _attemptEndsAt == long.MaxValue || attempt is null)
        {
            end = default;
            return false;
        }

        end = new AttemptEnd(attempt.StartedAt, _attemptEndsAt, attempt.Pass, _givenUp);
        Volatile.Write(ref _attemptEndsAt, long.MaxValue);
        CancellationTokenSource? source = _cancellation;
        _cancellation = null;

        // A source that someone has taken to cancel is theirs; one that nobody cancelled serves again.
        if (source is not null && source.TryReset())
        {
            _spare = source;
        }

        return true;
    }

    /// <summary>Cancels the running attempt because its time is up.</summary>
    /// <returns>The number of the attempt; 0 when there is none whose time is up.</returns>
    public int ExpireAttempt(long version, long now)
    {
        CancellationTokenSource? source = null;
        int attempt = 0;
        _sync.Enter();
        if (_version == version && _attemptEndsAt <= now)
        {
            attempt = Attempts;
            source = _cancellation;
            _cancellation = null;
        }

        _sync.Exit();
        Cancel(source);
        return attempt;
    }

    /// <summary>Gives the request up: cancels the running attempt and lets the pipeline drop the ticket at the next occasion.</summary>
    /// <param name="version">The use of the ticket that is meant.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">A running attempt's time is up from now on.</param>
    /// <param name="facts">Who waits for the answer, and what was done for it.</param>
    /// <returns>False when that use is over, settled, or given up already.</returns>
    public bool TryGiveUp(long version, GiveUpReason reason, long now, out GivenUpFacts<TRequest, TResponse> facts)
    {
        facts = default;
        CancellationTokenSource? source = null;
        _sync.Enter();
        ITicketOwner<TRequest, TResponse>? owner = Owner;
        bool isHere = _version == version && _givenUp == GiveUpReason.None && Place is not (TicketPlace.Free or TicketPlace.Settling) && owner is not null;
        if (isHere)
        {
            _givenUp = reason;
            source = _cancellation;
            _cancellation = null;
            if (_attemptEndsAt != long.MaxValue)
            {
                Volatile.Write(ref _attemptEndsAt, Math.Min(_attemptEndsAt, now));
            }

            facts = new GivenUpFacts<TRequest, TResponse>(owner!, owner!.Version, LastLane, Attempts, AdmittedAt, LastError);
        }

        _sync.Exit();
        if (!isHere)
        {
            return false;
        }

        // Whoever puts the ticket somewhere sees that it was given up, or the caller of this sees where it was put.
        Interlocked.MemoryBarrier();

        Cancel(source);
        return true;
    }

    // Outside the lock: foreign callbacks run here and now.
    private void Cancel(CancellationTokenSource? source)
    {
        if (source is not null && !source.TryCancel())
        {
            callbackErrors.Increment();
        }
    }
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
