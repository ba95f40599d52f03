using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Settlement;

/// <summary>One caller waiting for one answer for which two tickets may be on their way: the call's own, and a hedge beside it.</summary>
/// <remarks>
/// <para>What is this: a race between two ordinary tickets, each of which keeps every rule of its own. The first answer decides; else the last of the two to end without
/// one; else the caller, the deadline or the stop, which end both. What has lost is given up like a request whose caller has left. Of one use, so nothing that comes late can
/// find another call.</para>
/// <para>The call counts once in the signals: with the first ticket that comes home after the decision. The other ticket's end counts as the end of a hedge, so what is inside
/// is always what was let in and hedged, less what has ended.</para>
/// <para>Threading: everything from anywhere; the lock guards the decision. Under it nothing is told to anyone.</para>
/// </remarks>
internal sealed class HedgedCall<TRequest, TResponse> : IThreadPoolWorkItem
{
    private readonly IHedger<TRequest, TResponse> _pipeline;
    private readonly TaskCompletionSource<Answer<TResponse>> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _sync = new();

    // Guarded by _sync.
    private CallLeg<TRequest, TResponse>? _hedge;
    private Answer<TResponse> _answer;
    private bool _isDecided;
    private bool _isCounted;

    // Guarded by _sync: the last attempt that a hedge was due for, and whether that is still to be done.
    private int _dueFor;
    private bool _isDue;

    /// <summary>Creates a call whose ticket is to come.</summary>
    public HedgedCall(IHedger<TRequest, TResponse> pipeline)
    {
        _pipeline = pipeline;
        First = new CallLeg<TRequest, TResponse>(this);
    }

    /// <summary>The call's own ticket.</summary>
    public CallLeg<TRequest, TResponse> First { get; }

    /// <summary>What was asked for, for the hedge to ask it again. Set before the first ticket is on its way.</summary>
    public Entry<TRequest, TResponse> Entry { get; private set; }

    /// <summary>What flows with the caller.</summary>
    public ExecutionContext? Context { get; private set; }

    /// <summary>The one answer.</summary>
    public Task<Answer<TResponse>> Told => _told.Task;

    /// <summary>Whether the answer is known.</summary>
    public bool IsDecided
    {
        get
        {
            lock (_sync)
            {
                return _isDecided;
            }
        }
    }

    /// <summary>Begins: the first ticket is about to go on its way.</summary>
    /// <returns>The caller's way to give up, to be ended when the answer was told.</returns>
    public CancellationTokenRegistration Begin(
        Ticket<TRequest, TResponse> ticket, in Entry<TRequest, TResponse> entry, CancellationToken cancellationToken)
    {
        ticket.Use = TicketUse.HedgeableCall;
        Entry = entry;
        Context = ticket.Context;
        First.Begin(ticket);

        // May run the callback here and now; then the ticket is given up before it is on its way, and dropped on it.
        return cancellationToken.UnsafeRegister(static (call, token) => ((HedgedCall<TRequest, TResponse>)call!).OnCallerCancelled(token), this);
    }

    /// <summary>Whether a hedge may become due for an attempt of the first ticket.</summary>
    public bool MayHedge(int attempt)
    {
        lock (_sync)
        {
            return MayHedgeLocked(attempt);
        }
    }

    /// <summary>A hedge is due for an attempt of the first ticket: once for each attempt, until there is one.</summary>
    /// <returns>Whether this is to be put on the thread pool, which then tries.</returns>
    public bool TrySetDue(int attempt)
    {
        lock (_sync)
        {
            bool sets = MayHedgeLocked(attempt);
            _dueFor = sets ? attempt : _dueFor;
            _isDue |= sets;
            return sets;
        }
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        int attempt;
        lock (_sync)
        {
            if (!_isDue)
            {
                return;
            }

            _isDue = false;
            attempt = _dueFor;
        }

        _pipeline.Hedge(this, attempt);
    }

    /// <summary>Takes a hedge in that is about to begin.</summary>
    /// <returns>False when there is nothing to hedge for any more.</returns>
    public bool TryAdd(CallLeg<TRequest, TResponse> hedge)
    {
        lock (_sync)
        {
            if (_isDecided || _hedge is not null)
            {
                return false;
            }

            _hedge = hedge;
            return true;
        }
    }

    /// <summary>A leg's ticket was given up: by the deadline or the stop, which end the call; or because the call has ended.</summary>
    public void OnGivenUp(CallLeg<TRequest, TResponse> leg, in Answer<TResponse> answer)
    {
        CallLeg<TRequest, TResponse>? loser = null;
        bool decides = false;
        lock (_sync)
        {
            // Its ticket may have been settled in between; that one has decided then.
            if (!leg.IsClosed)
            {
                leg.Close(answer.Attempts);
                decides = TryDecideLocked(leg, answer, out loser);
            }
        }

        if (decides)
        {
            _told.SetResult(_answer);
            loser?.GiveUp(_pipeline);
        }
    }

    /// <summary>A leg's ticket has been settled. The last that is done with it.</summary>
    public void OnSettled(CallLeg<TRequest, TResponse> leg, Ticket<TRequest, TResponse> ticket, ThisThread thread)
    {
        Answer<TResponse> answer = _pipeline.Describe(ticket);
        CallLeg<TRequest, TResponse>? loser = null;
        bool decides = false;
        bool counts;
        lock (_sync)
        {
            if (!leg.IsClosed)
            {
                leg.Close(answer.Attempts);
                decides = (answer.Outcome.IsAnswered || !IsOtherOpenLocked(leg)) && TryDecideLocked(leg, answer, out loser);
            }

            counts = _isDecided && !_isCounted;
            _isCounted |= counts;
        }

        if (counts)
        {
            _pipeline.CountCall(ticket, _answer.Outcome.Kind, thread);
        }
        else
        {
            _pipeline.CountHedgeEnd(thread);
        }

        if (decides && leg.IsHedge && answer.Outcome.IsAnswered)
        {
            _pipeline.CountHedgeWon(ticket, thread);
        }

        // Before the caller goes on, so that whoever was answered finds room for the next request.
        _pipeline.Return(ticket);
        if (decides)
        {
            _told.SetResult(_answer);
        }

        _pipeline.OnSettled(thread);

        // Last: callbacks on the loser's token run here and now.
        loser?.GiveUp(_pipeline);
    }

    private void OnCallerCancelled(CancellationToken cancellationToken)
    {
        CallLeg<TRequest, TResponse>? hedge;
        lock (_sync)
        {
            if (_isDecided)
            {
                return;
            }

            Outcome<TResponse> outcome = Outcome<TResponse>.Failed(OutcomeKind.Cancelled, new OperationCanceledException(cancellationToken));
            _answer = new Answer<TResponse>(outcome, Target: null, Attempts: 0, TimeSpan.Zero);
            _isDecided = true;
            hedge = _hedge;
        }

        _told.SetResult(_answer);
        First.GiveUp(_pipeline);
        hedge?.GiveUp(_pipeline);
    }

    private bool MayHedgeLocked(int attempt) => !_isDecided && _hedge is null && _dueFor != attempt;

    private bool IsOtherOpenLocked(CallLeg<TRequest, TResponse> leg) => OtherLocked(leg) is { IsClosed: false };

    private CallLeg<TRequest, TResponse>? OtherLocked(CallLeg<TRequest, TResponse> leg) => leg.IsHedge ? First : _hedge;

    private bool TryDecideLocked(CallLeg<TRequest, TResponse> leg, in Answer<TResponse> answer, out CallLeg<TRequest, TResponse>? loser)
    {
        loser = null;
        if (_isDecided)
        {
            return false;
        }

        _isDecided = true;
        _answer = answer with { Attempts = First.Attempts + (_hedge?.Attempts ?? 0) };
        loser = IsOtherOpenLocked(leg) ? OtherLocked(leg) : null;
        return true;
    }
}

/// <summary>What a call that may get a hedge asks of the pipeline.</summary>
internal interface IHedger<TRequest, TResponse> : ITicketReturn<TRequest, TResponse>
{
    /// <summary>Makes a hedge for an attempt of the call's first ticket, if that attempt is still under way and another target can start one now.</summary>
    void Hedge(HedgedCall<TRequest, TResponse> call, int attempt);

    /// <summary>Counts the end of a call, at the time at which that ticket of it was settled.</summary>
    void CountCall(Ticket<TRequest, TResponse> ticket, OutcomeKind kind, ThisThread thread);

    /// <summary>Counts the end of a hedge, or of a first ticket whose hedge goes on for the call.</summary>
    void CountHedgeEnd(ThisThread thread);

    /// <summary>Counts a hedge that brought the answer.</summary>
    void CountHedgeWon(Ticket<TRequest, TResponse> ticket, ThisThread thread);
}
