using System.Threading.Tasks.Sources;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Settlement;

/// <summary>One caller waiting for one answer. Used again for another caller once nobody refers to it.</summary>
/// <remarks>
/// <para>What is this: the promise of <c>SendAsync</c>. The caller may give up at any time and is answered at once; the ticket comes home later, when the
/// pipeline drops it. So two sides refer to it, and the last one to let go hands the object back. Usually it is the ticket, coming home, that answers; then the
/// caller is the last, and knows it without asking anyone.</para>
/// <para>Threading: answered by whoever sets "answered" in the state, exactly one. The state carries the version of the use, so what comes late for an
/// earlier use finds nothing.</para>
/// </remarks>
internal sealed class Call<TRequest, TResponse>(CallPool<TRequest, TResponse> pool, ITicketReturn<TRequest, TResponse> pipeline)
    : ITicketOwner<TRequest, TResponse>, IValueTaskSource<TResponse>, IValueTaskSource<Settled<TRequest, TResponse>>
{
    // What the state says beside the version: somebody answers the caller, the ticket has come home, the caller has taken the answer.
    private const long Answered = 1;
    private const long Home = 2;
    private const long Taken = 4;
    private const int VersionShift = 3;

    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private long _state;

    // Written by the one who answers, before it does.
    private Answer<TResponse> _answer;

    // Set before the ticket is on its way; read by the caller's cancellation and by the settlement.
    private Ticket<TRequest, TResponse>? _ticket;
    private long _ticketVersion;
    private CancellationTokenRegistration _registration;
    private bool _isCancellable;
    private bool _isReusable = true;

    /// <inheritdoc/>
    public long Version => Volatile.Read(ref _state) >> VersionShift;

    /// <summary>The answer itself; a failure is thrown. To be awaited exactly once.</summary>
    public ValueTask<TResponse> Response => new(this, _source.Version);

    /// <summary>The answer with all about it; a failure is a value. To be awaited exactly once.</summary>
    public ValueTask<Settled<TRequest, TResponse>> Settled => new(this, _source.Version);

    /// <summary>Begins a use: the ticket is about to go on its way.</summary>
    public void Begin(Ticket<TRequest, TResponse> ticket, CancellationToken cancellationToken)
    {
        ticket.Use = TicketUse.Call;
        _isCancellable = cancellationToken.CanBeCanceled;
        if (_isCancellable)
        {
            _ticket = ticket;
            _ticketVersion = ticket.Version;

            // May run the callback here and now; then the ticket is given up before it is on its way, and dropped on it.
            _registration = cancellationToken.UnsafeRegister(static (call, token) => ((Call<TRequest, TResponse>)call!).OnCallerCancelled(token), this);
        }
    }

    /// <inheritdoc/>
    public void OnGivenUp(long version, in Answer<TResponse> answer)
    {
        if (TryClaim(version))
        {
            _answer = answer;
            _source.SetResult(true);
        }
    }

    /// <inheritdoc/>
    public void Settle(Ticket<TRequest, TResponse> ticket, ThisThread thread, bool isOutermost)
    {
        if (_isCancellable && !_registration.Unregister())
        {
            // The callback has run or is running; it must not meet another use of this object.
            _isReusable = false;
        }

        long state = Volatile.Read(ref _state);
        bool answers = (state & Answered) == 0 && Interlocked.CompareExchange(ref _state, state | Answered | Home, state) == state;
        if (answers)
        {
            _answer = pipeline.Describe(ticket);
        }

        // Before the caller goes on, so that whoever was answered finds room for the next request.
        pipeline.Return(ticket);
        if (!answers)
        {
            pipeline.OnSettled(thread);
            if ((Interlocked.Or(ref _state, Home) & Taken) != 0)
            {
                Recycle();
            }
        }
        else if (isOutermost)
        {
            // The caller may go on for long, on this thread: nothing of the pipeline's may wait for that.
            pipeline.OnSettled(thread);
            _source.RunContinuationsAsynchronously = false;
            _source.SetResult(true);
        }
        else
        {
            _source.SetResult(true);
            pipeline.OnSettled(thread);
        }
    }

    TResponse IValueTaskSource<TResponse>.GetResult(short token)
    {
        _source.GetResult(token);
        Answer<TResponse> answer = _answer;
        LetGo();
        return answer.Outcome.IsAnswered ? answer.Outcome.Response! : throw Failure.ToException(answer.Outcome, answer.Target, answer.Attempts);
    }

    Settled<TRequest, TResponse> IValueTaskSource<Settled<TRequest, TResponse>>.GetResult(short token)
    {
        _source.GetResult(token);
        Answer<TResponse> answer = _answer;
        LetGo();
        return new Settled<TRequest, TResponse>(default!, Index: 0, answer.Outcome, answer.Target, answer.Attempts, answer.Elapsed);
    }

    ValueTaskSourceStatus IValueTaskSource<TResponse>.GetStatus(short token) => _source.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource<Settled<TRequest, TResponse>>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<TResponse>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource<Settled<TRequest, TResponse>>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void OnCallerCancelled(CancellationToken cancellationToken)
    {
        if (TryClaim(Version))
        {
            Ticket<TRequest, TResponse> ticket = _ticket!;
            long version = _ticketVersion;
            Outcome<TResponse> outcome = Outcome<TResponse>.Failed(OutcomeKind.Cancelled, new OperationCanceledException(cancellationToken));
            _answer = new Answer<TResponse>(outcome, Target: null, Attempts: 0, TimeSpan.Zero);
            _source.SetResult(true);
            pipeline.GiveUp(ticket, version, GiveUpReason.Caller);
        }
    }

    // Only for the current use, and only if nobody answers it and the ticket is not home.
    private bool TryClaim(long version) =>
        Interlocked.CompareExchange(ref _state, (version << VersionShift) | Answered, version << VersionShift) == version << VersionShift;

    /// <summary>The caller has taken the answer.</summary>
    private void LetGo()
    {
        // Whoever answered the caller came from the ticket, and has let go by that; or the ticket is still out, and the last of the two sees the other.
        if ((Volatile.Read(ref _state) & Home) != 0 || (Interlocked.Or(ref _state, Taken) & Home) != 0)
        {
            Recycle();
        }
    }

    private void Recycle()
    {
        if (!_isReusable)
        {
            return;
        }

        _answer = default;
        if (_isCancellable)
        {
            _ticket = null;
            _registration = default;
        }

        _source.RunContinuationsAsynchronously = true;
        _source.Reset();
        Volatile.Write(ref _state, ((_state >> VersionShift) + 1) << VersionShift);
        pool.Return(this, ThisThread.Get());
    }
}

/// <summary>What a settled ticket's owner may ask of the pipeline.</summary>
internal interface ITicketReturn<TRequest, TResponse>
{
    /// <summary>What its caller is told.</summary>
    Answer<TResponse> Describe(Ticket<TRequest, TResponse> ticket);

    /// <summary>Gives the ticket, and with it the slot, back to its door.</summary>
    void Return(Ticket<TRequest, TResponse> ticket);

    /// <summary>Says that a ticket has been settled and its caller told.</summary>
    void OnSettled(ThisThread thread);

    /// <summary>Gives a request up.</summary>
    void GiveUp(Ticket<TRequest, TResponse> ticket, long version, GiveUpReason reason);
}
