using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Signals;

/// <summary>Adds up for how long each constraint was the one that bound a lane.</summary>
/// <remarks>
/// <para>What is this: a stop watch that is switched from one constraint to the next. It is switched only where something begins or ends to wait, which is rare; what a request that
/// waits for nothing costs is one look at whether anything is in flight. So the constraint comes as a pair, one for while attempts are in flight and one for while none is, and the time
/// between two switches is divided between the two afterwards.</para>
/// <para>Threading: everything from anywhere. The lock is held for a few additions; observers read without taking it. Whether anything is in flight is noted without
/// a lock: two threads that meet at the end of the last attempt may count a time once too little or too much, but never more than has passed.</para>
/// </remarks>
internal sealed class ConstraintClock
{
    private readonly Clock _clock;

    // Guarded by the lock; read by observers.
    private readonly long[] _times = new long[ConstraintTimes.Count];
    private EditionLock _sync;
    private long _since;
    private long _busyBefore;
    private long _drainBefore;

    // Written under the lock, read without it by those who want to know whether anything has changed.
    private int _bound;

    // A timestamp: something has been in flight since then. Never: nothing is.
    private long _busySince = Clock.Never;
    private long _busyTime;

    /// <summary>Starts with nothing that binds.</summary>
    public ConstraintClock(Clock clock)
    {
        _clock = clock;
        _since = clock.Now;
    }

    /// <summary>Whether something is noted to be in flight.</summary>
    public bool IsBusy => Volatile.Read(ref _busySince) != Clock.Never;

    /// <summary>An attempt is under way that has not returned at once.</summary>
    /// <returns>Whether that is news.</returns>
    public bool OnBusy(long now)
    {
        if (IsBusy)
        {
            return false;
        }

        Volatile.Write(ref _busySince, now);
        return true;
    }

    /// <summary>Nothing is in flight any more.</summary>
    public void OnIdle(long now)
    {
        long since = Volatile.Read(ref _busySince);
        if (since != Clock.Never)
        {
            Volatile.Write(ref _busySince, Clock.Never);
            Volatile.Write(ref _busyTime, _busyTime + Math.Max(0, now - since));
        }
    }

    /// <summary>Says what binds from now on.</summary>
    /// <param name="bound">What binds.</param>
    /// <param name="drain">For how long sources have waited until their consumers had taken what there was; a sum that only grows.</param>
    /// <returns>Whether it is something else than before.</returns>
    public bool Switch(BoundBy bound, ConsumerWaits drain)
    {
        if (Volatile.Read(ref _bound) == bound.Word)
        {
            return false;
        }

        long now = _clock.Now;
        long drained = drain.Read(now);
        long busy = BusyTime(now);
        _sync.Enter();
        Add(_times, new BoundBy(_bound), now - _since, busy - _busyBefore, drained - _drainBefore);
        _since = Math.Max(_since, now);
        _busyBefore = busy;
        _drainBefore = drained;
        Volatile.Write(ref _bound, bound.Word);
        _sync.Exit();
        return true;
    }

    /// <summary>The times until now.</summary>
    public ConstraintTimes Read(ConsumerWaits drain)
    {
        long[] times = new long[ConstraintTimes.Count];
        int edition;
        do
        {
            edition = _sync.BeginRead();
            _times.CopyTo(times, 0);
            long now = _clock.Now;
            Add(times, new BoundBy(Volatile.Read(ref _bound)), now - _since, BusyTime(now) - _busyBefore, drain.Read(now) - _drainBefore);
        }
        while (!_sync.WasRead(edition));

        return new ConstraintTimes(Array.ConvertAll(times, _clock.ToTimeSpan));
    }

    private static void Add(long[] times, BoundBy bound, long elapsed, long busy, long drained)
    {
        elapsed = Math.Max(0, elapsed);
        bool isInput = bound.WhileBusy == Constraint.Input;
        long first = Math.Clamp(isInput ? elapsed - drained : busy, 0, elapsed);
        times[(int)bound.WhileBusy] += first;

        // A source that waits until its consumer has taken what there is brings nothing because of the consumer.
        times[(int)(isInput ? Constraint.Consumer : bound.WhileIdle)] += elapsed - first;
    }

    private long BusyTime(long now)
    {
        long since = Volatile.Read(ref _busySince);
        return Volatile.Read(ref _busyTime) + (since == Clock.Never ? 0 : Math.Max(0, now - since));
    }
}

/// <summary>What binds a lane: one constraint while attempts are in flight, and one while none is.</summary>
/// <param name="Word">Both in one.</param>
internal readonly record struct BoundBy(int Word)
{
    private const int Shift = 8;

    /// <summary>Creates a pair.</summary>
    /// <param name="whileBusy">What binds while something is in flight.</param>
    /// <param name="whileIdle">What binds while nothing is.</param>
    public BoundBy(Constraint whileBusy, Constraint whileIdle)
        : this(((int)whileBusy << Shift) | (int)whileIdle)
    {
    }

    /// <summary>What binds while something is in flight.</summary>
    public Constraint WhileBusy => (Constraint)(Word >> Shift);

    /// <summary>What binds while nothing is.</summary>
    public Constraint WhileIdle => (Constraint)(Word & ((1 << Shift) - 1));

    /// <summary>The same one, whatever is in flight.</summary>
    public static BoundBy Always(Constraint constraint) => new(constraint, constraint);
}
