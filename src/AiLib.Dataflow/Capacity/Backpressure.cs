using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>The in-flight limiter: at most so many attempts at once, usable alone.</summary>
/// <remarks>
/// <para>What is this: a counter with a limit that may change while it runs. When the limit shrinks, running attempts are left alone and none starts
/// until enough have ended.</para>
/// <para>Threading: everything from anywhere. Taking and leaving is one interlocked operation; the lock is for those who wait.</para>
/// </remarks>
public sealed class Backpressure
{
    private readonly Lock _sync = new();

    // Guarded by _sync.
    private readonly WaitQueue<Permit> _line;

    private volatile int _limit;

    // In-flight there: permits, and for a moment those who ask for one and are refused.
    private readonly CapacityState _state;

    // How many are in line or about to be. Raised before the last look at the permits and read after lowering it, so one of the two sides sees the other.
    private int _waiting;

    private long _dropped;

    /// <summary>Creates a limiter with nothing in flight.</summary>
    /// <param name="maxInflight">The most attempts in flight; 0 means no limit. Default: 50.</param>
    /// <exception cref="ConfigurationException">The limit is out of range.</exception>
    public Backpressure(int maxInflight = 50)
        : this(new BackpressureOptions { MaxInflight = maxInflight })
    {
    }

    /// <summary>Creates a limiter with nothing in flight.</summary>
    /// <param name="options">The limit.</param>
    /// <exception cref="ConfigurationException">The limit is out of range.</exception>
    public Backpressure(BackpressureOptions options)
        : this(options, new CapacityState())
    {
    }

    /// <summary>Creates a limiter with nothing in flight, whose count lies in a given place.</summary>
    internal Backpressure(BackpressureOptions options, CapacityState state)
    {
        _state = state;
        ArgumentNullException.ThrowIfNull(options);
        SettingsCheck check = new();
        options.Check(check);
        check.ThrowIfAny();
        _line = new WaitQueue<Permit>(_sync);
        _limit = options.MaxInflight;
    }

    /// <summary>The most attempts in flight; 0 means no limit. May be set at any time, to 0 or more.</summary>
    public int MaxInflight
    {
        get => _limit;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _limit = value;
            HandOver();
        }
    }

    /// <summary>How many attempts are in flight now; under load it may count one that is just being refused.</summary>
    public int InFlight => Volatile.Read(ref _state.InFlight);

    /// <summary>How many wait for a permit.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Whether a permit could be had now.</summary>
    public bool HasRoom => _limit == 0 || InFlight < _limit;

    /// <summary>How many attempts ended as <see cref="PermitEnd.Dropped"/>.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Takes a permit if there is one and nobody waits for it. Does not wait.</summary>
    public bool TryAcquire(out Permit? permit)
    {
        permit = Waiting == 0 && TryEnter() ? new Permit(this) : null;
        return permit is not null;
    }

    /// <summary>Takes a permit, waiting in line for it if need be. An error of the work done under the permit never looks like an error of this wait.</summary>
    /// <param name="cancellationToken">Leaves the line; nothing is taken then.</param>
    public async ValueTask<Permit> AcquireAsync(CancellationToken cancellationToken = default)
    {
        if (TryAcquire(out Permit? permit))
        {
            return permit!;
        }

        Interlocked.Increment(ref _waiting);
        try
        {
            WaitQueue<Permit>.Waiter waiter;
            lock (_sync)
            {
                if (_line.Count == 0 && TryEnter())
                {
                    return new Permit(this);
                }

                waiter = _line.JoinLocked();
            }

            return await waiter.WaitAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Takes a place in flight without a permit object; end it by <see cref="Leave"/>, exactly once.</summary>
    internal bool TryEnter()
    {
        while (true)
        {
            // Taken first and looked at then: where two processors meet, looking first would move the cache line twice.
            int limit = _limit;
            if (Interlocked.Increment(ref _state.InFlight) <= limit || limit == 0)
            {
                return true;
            }

            // Given back. While it was out, another may have been refused because of it; the last of those who give back sees the room, and has it.
            if (Interlocked.Decrement(ref _state.InFlight) >= _limit)
            {
                return false;
            }
        }
    }

    /// <summary>Gives a place in flight back.</summary>
    internal void Leave(PermitEnd end)
    {
        if (end == PermitEnd.Dropped)
        {
            Interlocked.Increment(ref _dropped);
        }

        Interlocked.Decrement(ref _state.InFlight);
        if (Volatile.Read(ref _waiting) > 0)
        {
            HandOver();
        }
    }

    private void HandOver()
    {
        while (true)
        {
            WaitQueue<Permit>.Waiter? first;
            lock (_sync)
            {
                if (_line.Count == 0 || !TryEnter())
                {
                    return;
                }

                _line.TryLeaveFirstLocked(out first);
            }

            first!.Hand(new Permit(this));
        }
    }
}
