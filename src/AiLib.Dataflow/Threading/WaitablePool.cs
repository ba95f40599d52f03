using System.Diagnostics;

namespace AiLib.Dataflow.Threading;

/// <summary>A fixed number of things to borrow; whoever comes when none is left waits in line.</summary>
/// <typeparam name="T">What is borrowed.</typeparam>
/// <remarks>
/// <para>What is this: a bounded buffer of free things. That it is empty is the back-pressure. A thing is made when it is needed for the first time, so
/// a large capacity costs nothing until it is used.</para>
/// <para>Free things lie in a depot, and, so that processors do not meet there at each of them, a few in a magazine for each processor, filled and emptied
/// by the batch (Bonwick and Adams, "Magazines and Vmem", USENIX 2001). A thing in any magazine is free for everyone: who finds the depot empty looks
/// into all of them before he waits.</para>
/// <para>Threading: everything from anywhere. A thing that comes back while someone waits is handed to the first in line under the lock, so nobody
/// overtakes. Locks nest one way only, a magazine's inside the depot's.</para>
/// </remarks>
internal sealed class WaitablePool<T>
    where T : class
{
    // Magazines hold at most half of all things, so that nobody has to look far, and no more than a burst of a stream. Smaller ones do not pay.
    private const int LargestMagazine = 64;
    private const int SmallestMagazine = 16;

    private readonly Lock _sync = new();
    private readonly int _capacity;
    private readonly Func<T> _create;
    private readonly Magazine<T>[] _magazines;

    // Guarded by _sync: the depot, last in first out, because what was used last is the warmest; and the line.
    private readonly Stack<T> _free = new();
    private readonly WaitQueue<T?> _line;

    // Written under _sync, read without it. Things not made yet; how many wait, or a few who have just given up more; whether nothing is handed out.
    private int _unmade;
    private int _waiting;
    private volatile bool _closed;

    /// <summary>Creates a pool whose things do not exist yet.</summary>
    /// <param name="capacity">How many there can be.</param>
    /// <param name="create">Makes one, under the lock: it must not wait or call foreign code.</param>
    public WaitablePool(int capacity, Func<T> create)
        : this(capacity, create, Math.Min(Environment.ProcessorCount, capacity / (2 * SmallestMagazine)))
    {
    }

    /// <summary>Creates a pool with so many magazines.</summary>
    internal WaitablePool(int capacity, Func<T> create, int magazines)
    {
        _capacity = _unmade = capacity;
        _create = create;
        _line = new WaitQueue<T?>(_sync);
        _magazines = new Magazine<T>[magazines];
        for (int index = 0; index < magazines; index++)
        {
            _magazines[index] = new Magazine<T>(Math.Clamp(capacity / (2 * magazines), 2, LargestMagazine));
        }
    }

    /// <summary>How many things there can be in all.</summary>
    public int Capacity => _capacity;

    /// <summary>How many could be taken now.</summary>
    public int Free
    {
        get
        {
            lock (_sync)
            {
                int free = _free.Count + _unmade;
                foreach (Magazine<T> magazine in _magazines)
                {
                    free += magazine.Count;
                }

                return free;
            }
        }
    }

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

    /// <summary>Whether somebody waits in line, as far as one can see without asking.</summary>
    public bool HasWaiting => Volatile.Read(ref _waiting) > 0;

    /// <summary>Whether <see cref="Close"/> was called.</summary>
    public bool IsClosed => _closed;

    /// <summary>Takes one if there is one and nobody waits for it.</summary>
    public bool TryTake(out T? thing)
    {
        if (Volatile.Read(ref _waiting) == 0 && !_closed && Near is { } near && near.TryTake(out thing))
        {
            return true;
        }

        lock (_sync)
        {
            thing = null;
            return _line.Count == 0 && TryTakeLocked(out thing);
        }
    }

    /// <summary>Takes one, or waits in line for it.</summary>
    /// <returns>The thing; null when the pool was closed or <see cref="WakeAll"/> was called: look at the world and decide again.</returns>
    public ValueTask<T?> TakeAsync(CancellationToken cancellationToken)
    {
        WaitQueue<T?>.Waiter waiter;
        lock (_sync)
        {
            // Announced before the last look into the magazines: whoever gives back sees it, or what he gave back is seen here.
            T? thing = null;
            Volatile.Write(ref _waiting, _line.Count + 1);
            if (_closed || (_line.Count == 0 && TryTakeLocked(out thing)))
            {
                Volatile.Write(ref _waiting, _line.Count);
                return new ValueTask<T?>(thing);
            }

            waiter = _line.JoinLocked();
        }

        return waiter.WaitAsync(cancellationToken);
    }

    /// <summary>Gives a thing back; the first in line gets it. A closed pool hands out nothing.</summary>
    public void Return(T thing) => Return(new ReadOnlySpan<T>(in thing));

    /// <summary>Gives things back.</summary>
    public void Return(ReadOnlySpan<T> things)
    {
        int put = Volatile.Read(ref _waiting) == 0 && Near is { } near ? near.Return(things) : 0;
        if (put < things.Length)
        {
            lock (_sync)
            {
                foreach (T thing in things[put..])
                {
                    _free.Push(thing);
                }

                Near?.Empty(_free);
            }
        }

        // After it was put there: someone may have come who looked before.
        while (Volatile.Read(ref _waiting) > 0 && TryHandOut())
        {
        }
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
                _line.TryLeaveFirstLocked(out first);
                Volatile.Write(ref _waiting, _line.Count);
            }

            first?.Hand(null);
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

    private Magazine<T>? Near => _magazines.Length == 0 ? null : _magazines[Thread.GetCurrentProcessorId() % _magazines.Length];

    /// <summary>Hands what is free to the first in line, if there is both.</summary>
    private bool TryHandOut()
    {
        WaitQueue<T?>.Waiter? first = null;
        T? thing = null;
        lock (_sync)
        {
            if (_line.Count > 0 && TryTakeLocked(out thing))
            {
                _line.TryLeaveFirstLocked(out first);
            }

            Volatile.Write(ref _waiting, _line.Count);
        }

        first?.Hand(thing);
        return first is not null;
    }

    private bool TryTakeLocked(out T? thing)
    {
        Debug.Assert(_sync.IsHeldByCurrentThread);
        thing = null;
        if (_closed)
        {
            return false;
        }

        if (_free.TryPop(out thing))
        {
            if (_line.Count == 0)
            {
                Near?.Fill(_free);
            }

            return true;
        }

        if (_unmade > 0)
        {
            _unmade--;
            thing = _create();
            return true;
        }

        foreach (Magazine<T> magazine in _magazines)
        {
            if (magazine.TryTake(out thing))
            {
                // The rest of it too: its processor gives back more than it takes.
                magazine.Empty(_free);
                return true;
            }
        }

        return false;
    }
}
