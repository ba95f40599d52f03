using System.Threading.Tasks.Sources;

namespace AiLib.Dataflow.Settlement;

/// <summary>One caller waiting for one answer. Used again for another caller once nobody refers to it.</summary>
/// <remarks>
/// <para>What is this: the promise of <c>SendAsync</c>. The caller may give up at any time and is answered at once; the ticket comes home later, when the
/// pipeline drops it. So two sides hold a reference, and the last one to let go hands the object back.</para>
/// <para>Threading: answered by whoever moves <see cref="_state"/> from "waiting" to "answered", exactly one. The state carries the version of the use, so
/// what comes late for an earlier use finds nothing.</para>
/// </remarks>
internal sealed class Call<TRequest, TResponse>(CallPool<TRequest, TResponse> pool, ITicketReturn<TRequest, TResponse> pipeline)
    : ITicketOwner<TRequest, TResponse>, IValueTaskSource<TResponse>, IValueTaskSource<Settled<TRequest, TResponse>>
{
    private ManualResetValueTaskSourceCore<Settled<TRequest, TResponse>> _source = new() { RunContinuationsAsynchronously = true };

    // Twice the version of the use, plus one when it was answered.
    private long _state;

    // The caller who has not taken the answer, and the ticket that has not come home.
    private int _references;

    // Set before the ticket is on its way; read by the caller's cancellation and by the settlement.
    private Ticket<TRequest, TResponse>? _ticket;
    private long _ticketVersion;
    private CancellationTokenRegistration _registration;
    private bool _isCancellable;
    private bool _isReusable = true;

    /// <inheritdoc/>
    public long Version => Volatile.Read(ref _state) >> 1;

    /// <summary>The answer itself; a failure is thrown. To be awaited exactly once.</summary>
    public ValueTask<TResponse> Response => new(this, _source.Version);

    /// <summary>The answer with all about it; a failure is a value. To be awaited exactly once.</summary>
    public ValueTask<Settled<TRequest, TResponse>> Settled => new(this, _source.Version);

    /// <summary>Begins a use: the ticket is about to go on its way.</summary>
    public void Begin(Ticket<TRequest, TResponse> ticket, CancellationToken cancellationToken)
    {
        _references = 2;
        _ticket = ticket;
        _ticketVersion = ticket.Version;
        _isCancellable = cancellationToken.CanBeCanceled;
        if (_isCancellable)
        {
            // May run the callback here and now; then the ticket is given up before it is on its way, and dropped on it.
            _registration = cancellationToken.UnsafeRegister(static (call, token) => ((Call<TRequest, TResponse>)call!).OnCallerCancelled(token), this);
        }
    }

    /// <inheritdoc/>
    public void OnGivenUp(long version, in Settled<TRequest, TResponse> settled)
    {
        if (TryClaim(version))
        {
            _source.SetResult(settled);
        }
    }

    /// <inheritdoc/>
    public void Settle(Ticket<TRequest, TResponse> ticket, bool isOutermost)
    {
        Settled<TRequest, TResponse> settled = pipeline.Describe(ticket);
        long version = Version;

        // Before the caller goes on, so that whoever was answered finds room for the next request.
        pipeline.Return(ticket);
        if (_isCancellable && !_registration.Unregister())
        {
            // The callback has run or is running; it must not meet another use of this object.
            _isReusable = false;
        }

        bool answers = TryClaim(version);
        if (answers && isOutermost)
        {
            // The caller may go on for long, on this thread: nothing of the pipeline's may wait for that.
            pipeline.OnSettled();
            _source.RunContinuationsAsynchronously = false;
            _source.SetResult(settled);
        }
        else
        {
            if (answers)
            {
                _source.SetResult(settled);
            }

            pipeline.OnSettled();
        }

        LetGo();
    }

    TResponse IValueTaskSource<TResponse>.GetResult(short token)
    {
        Settled<TRequest, TResponse> settled = Take(token);
        return settled.IsAnswered ? settled.Outcome.Response! : throw Failure.ToException(settled);
    }

    Settled<TRequest, TResponse> IValueTaskSource<Settled<TRequest, TResponse>>.GetResult(short token) => Take(token);

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
            Outcome<TResponse> outcome = Outcome<TResponse>.Failed(OutcomeKind.Cancelled, new OperationCanceledException(cancellationToken));
            Ticket<TRequest, TResponse> ticket = _ticket!;
            long version = _ticketVersion;
            _source.SetResult(new Settled<TRequest, TResponse>(default!, Index: 0, outcome, Target: null, Attempts: 0, TimeSpan.Zero));
            pipeline.GiveUp(ticket, version, GiveUpReason.Caller);
        }
    }

    private Settled<TRequest, TResponse> Take(short token)
    {
        Settled<TRequest, TResponse> settled = _source.GetResult(token);
        LetGo();
        return settled;
    }

    private bool TryClaim(long version) => Interlocked.CompareExchange(ref _state, (version << 1) | 1, version << 1) == version << 1;

    private void LetGo()
    {
        if (Interlocked.Decrement(ref _references) == 0 && _isReusable)
        {
            _ticket = null;
            _registration = default;
            _source.RunContinuationsAsynchronously = true;
            _source.Reset();
            Volatile.Write(ref _state, ((_state >> 1) + 1) << 1);
            pool.Return(this);
        }
    }
}

/// <summary>What a settled ticket's owner may ask of the pipeline.</summary>
internal interface ITicketReturn<TRequest, TResponse>
{
    /// <summary>The answer with all about it.</summary>
    Settled<TRequest, TResponse> Describe(Ticket<TRequest, TResponse> ticket);

    /// <summary>Gives the ticket, and with it the slot, back to its door.</summary>
    void Return(Ticket<TRequest, TResponse> ticket);

    /// <summary>Says that a ticket has been settled and its caller told.</summary>
    void OnSettled();

    /// <summary>Gives a request up.</summary>
    void GiveUp(Ticket<TRequest, TResponse> ticket, long version, GiveUpReason reason);
}
