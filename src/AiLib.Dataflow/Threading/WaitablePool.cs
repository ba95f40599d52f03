namespace AiLib.Dataflow.Threading;

/// <summary>A fixed set of things to borrow; whoever comes when none is left waits in line.</summary>
/// <typeparam name="T">What is borrowed.</typeparam>
/// <remarks>
/// <para>What is this: a bounded buffer of free things. That it is empty is the back-pressure.</para>
/// <para>Threading: everything from anywhere. A thing that comes back is handed to the first in line under the lock, so nobody overtakes.</para>
/// </remarks>
internal sealed class WaitablePool<T>
    where T : class
{
    private readonly Lock _sync = new();
    private readonly int _capacity;

    // Guarded by _sync. Last in, first out: the thing used last is the warmest.
    private readonly T[] _free;
    private readonly WaitQueue<T?> _line;
    private int _count;
    private bool _closed;

    /// <summary>Creates a pool that owns the given things.</summary>
    public WaitablePool(IReadOnlyCollection<T> things)
    {
        _free = [.. things];
        _capacity = _count = _free.Length;
        _line = new WaitQueue<T?>(_sync);
    }

    /// <summary>How many things there are in all.</summary>
    public int Capacity => _capacity;

    /// <summary>How many are free now. A racy read: at most as far behind as the threads that are moving.</summary>
    public int Free => Volatile.Read(ref _count);

    /// <summary>How many wait in line.</summary>
    public int Waiting
    {
        get
        {
            lock (_sync)
            {
                return _line.Count;
            }
        }
    }

    /// <summary>Whether <see cref="Close"/> was called.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Takes one if there is one and nobody waits for it.</summary>
    public bool TryTake(out T? thing)
    {
        lock (_sync)
        {
            return TryTakeLocked(out thing);
        }
    }

    /// <summary>Takes one, or waits in line for it.</summary>
    /// <returns>The thing; null when the pool was closed or <see cref="WakeAll"/> was called: look at the world and decide again.</returns>
    public ValueTask<T?> TakeAsync(CancellationToken cancellationToken)
    {
        WaitQueue<T?>.Waiter waiter;
        lock (_sync)
        {
            if (TryTakeLocked(out T? thing) || _closed)
            {
                return new ValueTask<T?>(thing);
            }

            waiter = _line.JoinLocked();
        }

        return waiter.WaitAsync(cancellationToken);
    }

    /// <summary>Gives a thing back, or hands it to the first in line. A closed pool hands out nothing.</summary>
    public void Return(T thing)
    {
        WaitQueue<T?>.Waiter? first;
        lock (_sync)
        {
            if (!_line.TryLeaveFirstLocked(out first))
            {
                _free[_count++] = thing;
                return;
            }
        }

        first!.Hand(thing);
    }

    /// <summary>Sends everyone in line away with nothing, to decide again.</summary>
    public void WakeAll()
    {
        // As many as wait now: those who come back to wait again are not sent away twice.
        for (int left = Waiting; left > 0; left--)
        {
            WaitQueue<T?>.Waiter? first;
            lock (_sync)
            {
                if (!_line.TryLeaveFirstLocked(out first))
                {
                    return;
                }
            }

            first!.Hand(null);
        }
    }

    /// <summary>Hands out nothing from now on, and sends everyone in line away.</summary>
    public void Close()
    {
        lock (_sync)
        {
            _closed = true;
        }

        // Nobody joins the line any more.
        WakeAll();
    }

    private bool TryTakeLocked(out T? thing)
    {
        if (_count == 0 || _closed)
        {
            thing = null;
            return false;
        }

        thing = _free[--_count];
        _free[_count] = null!;
        return true;
    }
}
