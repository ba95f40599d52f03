using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace AiLib.Dataflow.Threading;

/// <summary>First in, first out, and anyone may leave: asynchronous waiters for something of type <typeparamref name="T"/>.</summary>
/// <typeparam name="T">What a waiter is handed.</typeparam>
/// <remarks>
/// <para>What is this: the half of a semaphore, a pool or a door that waits. The owner has the lock and what is waited for; this has the queue, the
/// cancellation and the reuse of waiters, so that a wait allocates nothing in steady state and a cancelled one leaves nothing behind.</para>
/// <para>Threading: methods that end in <c>Locked</c> need the owner's lock. <see cref="Waiter.Hand"/> must be called after leaving it.</para>
/// </remarks>
internal sealed class WaitQueue<T>(Lock sync)
{
    private const int Spares = 64;

    // Guarded by the owner's lock: a doubly linked list, and waiters to use again.
    private readonly Stack<Waiter> _spare = new();
    private Waiter? _first;
    private Waiter? _last;

    /// <summary>How many wait. Needs the owner's lock for an exact answer.</summary>
    public int Count { get; private set; }

    /// <summary>Joins the queue at its end. Follow it, outside the lock, by <see cref="Waiter.WaitAsync"/>.</summary>
    public Waiter JoinLocked()
    {
        Debug.Assert(sync.IsHeldByCurrentThread);
        Waiter waiter = _spare.TryPop(out Waiter? spare) ? spare : new Waiter(this);
        waiter.Queued = true;
        waiter.Previous = _last;
        if (_last is null)
        {
            _first = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
        Count++;
        return waiter;
    }

    /// <summary>Takes the first waiter out, to be handed something outside the lock.</summary>
    public bool TryLeaveFirstLocked(out Waiter? waiter)
    {
        Debug.Assert(sync.IsHeldByCurrentThread);
        waiter = _first;
        if (waiter is null)
        {
            return false;
        }

        UnlinkLocked(waiter);
        return true;
    }

    private void UnlinkLocked(Waiter waiter)
    {
        Debug.Assert(sync.IsHeldByCurrentThread && waiter.Queued);
        if (waiter.Previous is null)
        {
            _first = waiter.Next;
        }
        else
        {
            waiter.Previous.Next = waiter.Next;
        }

        if (waiter.Next is null)
        {
            _last = waiter.Previous;
        }
        else
        {
            waiter.Next.Previous = waiter.Previous;
        }

        waiter.Previous = null;
        waiter.Next = null;
        waiter.Queued = false;
        Count--;
    }

    private bool TryLeave(Waiter waiter)
    {
        lock (sync)
        {
            if (!waiter.Queued)
            {
                return false;
            }

            UnlinkLocked(waiter);
            return true;
        }
    }

    private void Recycle(Waiter waiter)
    {
        lock (sync)
        {
            if (_spare.Count < Spares)
            {
                _spare.Push(waiter);
            }
        }
    }

    /// <summary>One wait, used again after it ended.</summary>
    internal sealed class Waiter(WaitQueue<T> queue) : IValueTaskSource<T>
    {
        private ManualResetValueTaskSourceCore<T> _source = new() { RunContinuationsAsynchronously = true };
        private CancellationTokenRegistration _registration;

        // Guarded by the owner's lock.
        internal Waiter? Previous;
        internal Waiter? Next;
        internal bool Queued;

        /// <summary>The wait itself, to be awaited exactly once. Cancelled, it leaves the queue at once.</summary>
        public ValueTask<T> WaitAsync(CancellationToken cancellationToken)
        {
            if (cancellationToken.CanBeCanceled)
            {
                // May run the callback here and now; the lock is not held.
                _registration = cancellationToken.UnsafeRegister(static (state, token) => ((Waiter)state!).Cancel(token), this);
            }

            return new ValueTask<T>(this, _source.Version);
        }

        /// <summary>Ends the wait with an item. Only for a waiter that was just taken out of the queue.</summary>
        public void Hand(T item) => _source.SetResult(item);

        T IValueTaskSource<T>.GetResult(short token)
        {
            try
            {
                return _source.GetResult(token);
            }
            finally
            {
                // Waits for a callback that is just running, which only finds that it came too late; then nobody else knows this waiter.
                _registration.Dispose();
                _registration = default;
                _source.Reset();
                queue.Recycle(this);
            }
        }

        ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _source.GetStatus(token);

        void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags);

        private void Cancel(CancellationToken cancellationToken)
        {
            if (queue.TryLeave(this))
            {
                _source.SetException(new OperationCanceledException(cancellationToken));
            }
        }
    }
}
