using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>Leaves an unhealthy target alone for a while, then finds out with a few probes whether it is back. Usable alone.</summary>
/// <remarks>
/// <para>What is this: closed, open, half-open. It counts calls, not retry loops, and only what says that the target is unhealthy: a caller's own error or a
/// full quota trips nothing. Every call carries the generation it began in, so what comes late decides nothing. A probe has a lease: silent, it counts
/// as failed; cancelled, it gives its place back and decides nothing.</para>
/// <para>Threading: everything from anywhere. The lock is held for arithmetic only; <c>onChanged</c> is called outside it, and may be called by two
/// threads at once: the generation gives the order.</para>
/// </remarks>
public sealed class CircuitBreaker
{
    // The columns of the table below; the window's come behind them.
    private const int Entered = 0;
    private const int Succeeded = 1;
    private const int FirstOfWindow = 2;
    private const int Columns = FirstOfWindow + SlidingCounts.Buckets;

    private readonly Lock _sync = new();

    // Set once in the constructor.
    private readonly CircuitBreakerOptions _options;
    private readonly OutcomeClassifier _classifier;
    private readonly Clock _clock;
    private readonly Action<CircuitChange>? _onChanged;

    // Guarded by _sync.
    private readonly List<Lease> _probes = [];
    private int _probesSucceeded;
    private int _nextProbe;
    private long _rejected;
    private long _failed;
    private long _ignored;

    // Written under _sync, read by anyone: whoever looks may see a state that has just ended. The state is written before the generation, so a call that
    // passes a circuit that has just closed carries an old generation and decides nothing; never the other way round.
    private volatile CircuitState _state;
    private long _generation = 1;
    private long _openUntil;
    private int _failuresInARow;

    // Successes are the usual thing, failures the rare one. Lock-free: in a closed circuit a call that passes and an answer that comes are only counted.
    private readonly CounterTable _counted = new(Columns);
    private readonly SlidingCounts _window;

    /// <summary>Creates a closed breaker.</summary>
    /// <param name="options">When it opens and for how long. Default: five failures in a row, 30 s.</param>
    /// <param name="timeProvider">The clock. Default: the system's.</param>
    /// <param name="onChanged">Called after each change of state, outside the lock; it must not throw.</param>
    /// <param name="classifier">Says what an exception thrown under <see cref="ExecuteAsync"/> means. Default: <see cref="OutcomeClassifier.Default"/>.</param>
    /// <exception cref="ConfigurationException">A setting is out of range.</exception>
    public CircuitBreaker(
        CircuitBreakerOptions? options = null, TimeProvider? timeProvider = null, Action<CircuitChange>? onChanged = null, OutcomeClassifier? classifier = null)
    {
        _options = (options ?? new CircuitBreakerOptions()) with { };
        _classifier = classifier ?? OutcomeClassifier.Default;
        SettingsCheck check = new();
        _options.Check(check);
        check.ThrowIfAny();
        _clock = new Clock(timeProvider ?? TimeProvider.System);
        _onChanged = onChanged;
        _window = new SlidingCounts(_clock.ToUnits(_options.SamplingWindow), _counted, FirstOfWindow);
    }

    /// <summary>The state now. Time moves it: an open circuit whose cool-down is over is half-open, whether or not anyone has asked to pass.</summary>
    public CircuitState State => _state is CircuitState.Open && _clock.Now >= Volatile.Read(ref _openUntil) ? CircuitState.HalfOpen : _state;

    /// <summary>How long the circuit stays open; zero when it is not.</summary>
    public TimeSpan OpenFor
    {
        get
        {
            lock (_sync)
            {
                return _state == CircuitState.Open ? _clock.ToTimeSpan(_openUntil - _clock.Now) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>What it has seen so far.</summary>
    public CircuitCounts Counts
    {
        get
        {
            lock (_sync)
            {
                // Who has reported is counted first, so that nothing is ever outstanding that was not let through.
                long succeeded = _counted.Sum(Succeeded);
                long entered = _counted.Sum(Entered);
                return new CircuitCounts(
                    entered + _rejected, succeeded, _failed, _ignored, _rejected, Outstanding: entered - succeeded - _failed - _ignored);
            }
        }
    }

    /// <summary>The breaker's own time.</summary>
    internal long Now => _clock.Now;

    /// <summary>Whether everything passes. An observer may see a state that has just ended.</summary>
    internal bool IsClosed => _state == CircuitState.Closed;

    /// <summary>The share of successes in the sampling window as of the last report, 1 when nothing was seen.</summary>
    internal double SuccessShare => _window.Read() is { All: > 0 } seen ? 1.0 - ((double)seen.Rare / seen.All) : 1.0;

    /// <summary>Asks to pass. Nobody is queued: a call that may not pass is turned away with the time after which it may.</summary>
    /// <param name="pass">To be reported, when it passed.</param>
    /// <param name="retryAfter">When it did not pass, how long until a call may.</param>
    public bool TryEnter(out CircuitPass pass, out TimeSpan retryAfter) => TryEnter(Now, ThisThread.Get(), out pass, out retryAfter);

    /// <summary>Asks to pass as of a timestamp that the caller has just read: reading the clock costs more than all of the arithmetic.</summary>
    internal bool TryEnter(long now, ThisThread thread, out CircuitPass pass, out TimeSpan retryAfter)
    {
        // The generation first: one that goes with a closed circuit, or with none.
        long generation = Volatile.Read(ref _generation);
        if (_state == CircuitState.Closed)
        {
            _counted.Of(thread).Add(Entered);
            pass = new CircuitPass(generation, Probe: 0);
            retryAfter = TimeSpan.Zero;
            return true;
        }

        bool entered;
        CircuitChange? first, second;
        lock (_sync)
        {
            first = ExpireLeasesLocked(now);
            second = BeginProbingLocked(now);
            entered = TryEnterLocked(now, out pass, out retryAfter);
            _counted.Of(thread).Add(Entered, entered ? 1 : 0);
            _rejected += entered ? 0 : 1;
        }

        Announce(first);
        Announce(second);
        return entered;
    }

    /// <summary>How long until a call could pass, zero when one could now. Takes nothing and moves nothing.</summary>
    public TimeSpan TimeUntilPass()
    {
        if (_state == CircuitState.Closed)
        {
            return TimeSpan.Zero;
        }

        lock (_sync)
        {
            long now = _clock.Now;
            return _state switch
            {
                CircuitState.Open => _clock.ToTimeSpan(_openUntil - now),
                CircuitState.HalfOpen when _probes.Count >= _options.MaxProbes => FirstLeaseEndsLocked(now),
                _ => TimeSpan.Zero,
            };
        }
    }

    /// <summary>Says what came of a call that was let through. Call it once for each pass.</summary>
    /// <param name="pass">What <see cref="TryEnter(out CircuitPass, out TimeSpan)"/> gave.</param>
    /// <param name="health">What the outcome says about the target; <see cref="TargetHealth.Unknown"/> for a call that was given up.</param>
    /// <param name="retryAfter">How long the target asked to be left alone; an opening circuit stays open at least so long.</param>
    public void Report(CircuitPass pass, TargetHealth health, TimeSpan? retryAfter = null) =>
        Report(pass, health, retryAfter, Now, ThisThread.Get());

    /// <summary>Reports as of a timestamp that the caller has just read.</summary>
    internal void Report(CircuitPass pass, TargetHealth health, TimeSpan? retryAfter, long now, ThisThread thread)
    {
        // Only a closed circuit gives passes that are no probes, so an equal generation says that it still is.
        if (health == TargetHealth.Healthy && pass.Probe == 0 && pass.Generation == Volatile.Read(ref _generation) && Volatile.Read(ref _failuresInARow) == 0)
        {
            CounterRow row = _counted.Of(thread);
            row.Add(Succeeded);
            _window.CountUsual(now, row);
            return;
        }

        CircuitChange? change = null;
        lock (_sync)
        {
            bool current = pass.Generation == _generation;
            if (current && pass.Probe != 0)
            {
                // A lease that had run out was counted as failed, and that ended the generation: a current probe is always in the list.
                EndLeaseLocked(pass.Probe);
            }

            if (!current || health == TargetHealth.Unknown)
            {
                _ignored++;
            }
            else if (health == TargetHealth.Healthy)
            {
                change = SucceedLocked(pass, now, _counted.Of(thread));
            }
            else
            {
                _failed++;
                change = FailLocked(pass, now, retryAfter);
            }
        }

        Announce(change);
    }

    /// <summary>Opens the circuit by hand, or keeps an open one open for longer. Never shortens.</summary>
    /// <param name="openFor">How long at least. Default: the cool-down.</param>
    public void Trip(TimeSpan? openFor = null)
    {
        CircuitChange? change;
        lock (_sync)
        {
            change = OpenLocked(_clock.Now, openFor);
        }

        Announce(change);
    }

    /// <summary>Runs an operation through the breaker: alone, without a pipeline.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="cancellationToken">Handed to the operation; a call that it cancels decides nothing.</param>
    /// <exception cref="CircuitOpenException">The call was not made.</exception>
    public async ValueTask<T> ExecuteAsync<T>(Func<CancellationToken, ValueTask<T>> operation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (!TryEnter(out CircuitPass pass, out TimeSpan retryAfter))
        {
            throw new CircuitOpenException(retryAfter);
        }

        TargetHealth health = TargetHealth.Unknown;
        try
        {
            T result = await operation(cancellationToken).ConfigureAwait(Continuations.KeepContext);
            health = TargetHealth.Healthy;
            return result;
        }
        catch (Exception error) when (!(error is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            health = _classifier.Classify(error).Health();
            throw;
        }
        finally
        {
            Report(pass, health);
        }
    }

    private bool TryEnterLocked(long now, out CircuitPass pass, out TimeSpan retryAfter)
    {
        pass = default;
        retryAfter = TimeSpan.Zero;
        switch (_state)
        {
            case CircuitState.Closed:
                pass = new CircuitPass(_generation, Probe: 0);
                return true;

            case CircuitState.HalfOpen when _probes.Count < _options.MaxProbes:
                _nextProbe = _nextProbe == int.MaxValue ? 1 : _nextProbe + 1;
                _probes.Add(new Lease(_nextProbe, _clock.After(now, _options.ProbeLease)));
                pass = new CircuitPass(_generation, _nextProbe);
                return true;

            case CircuitState.HalfOpen:
                retryAfter = FirstLeaseEndsLocked(now);
                return false;

            default:
                retryAfter = _clock.ToTimeSpan(_openUntil - now);
                return false;
        }
    }

    private CircuitChange? BeginProbingLocked(long now)
    {
        if (_state != CircuitState.Open || now < _openUntil)
        {
            return null;
        }

        _probesSucceeded = 0;
        return MoveLocked(CircuitState.HalfOpen, openFor: null);
    }

    private CircuitChange? ExpireLeasesLocked(long now)
    {
        if (_state != CircuitState.HalfOpen || !_probes.Exists(lease => lease.EndsAt <= now))
        {
            return null;
        }

        // The silent probe's own report will come with an old generation and be counted as ignored; its failure shows as the new trip.
        return OpenLocked(now, atLeast: null);
    }

    private void EndLeaseLocked(int probe) => _probes.RemoveAll(lease => lease.Probe == probe);

    private CircuitChange? SucceedLocked(CircuitPass pass, long now, CounterRow row)
    {
        _failuresInARow = 0;
        row.Add(Succeeded);
        _window.CountUsual(now, row);
        if (pass.Probe == 0 || ++_probesSucceeded < _options.ProbesToClose)
        {
            return null;
        }

        _window.Clear();
        _probes.Clear();
        return MoveLocked(CircuitState.Closed, openFor: null);
    }

    private CircuitChange? FailLocked(CircuitPass pass, long now, TimeSpan? retryAfter)
    {
        _failuresInARow++;
        _window.CountRare(now);
        WindowCounts seen = _window.Read();
        bool inARow = _options.FailureThreshold > 0 && _failuresInARow >= _options.FailureThreshold;
        bool ratio = _options.FailureRatio > 0 && seen.All >= _options.MinimumCalls && seen.Rare >= _options.FailureRatio * seen.All;
        return pass.Probe != 0 || inARow || ratio ? OpenLocked(now, retryAfter) : null;
    }

    private CircuitChange? OpenLocked(long now, TimeSpan? atLeast)
    {
        TimeSpan cooldown = atLeast > _options.Cooldown ? atLeast.Value : _options.Cooldown;
        long until = _clock.After(now, cooldown);
        bool wasOpen = _state == CircuitState.Open;

        // Only ever later: a shorter cool-down must not cut a longer one short.
        Volatile.Write(ref _openUntil, wasOpen ? Math.Max(_openUntil, until) : until);
        if (wasOpen)
        {
            return null;
        }

        _failuresInARow = 0;
        _window.Clear();
        _probes.Clear();
        return MoveLocked(CircuitState.Open, cooldown);
    }

    private CircuitChange MoveLocked(CircuitState to, TimeSpan? openFor)
    {
        CircuitState from = _state;
        _state = to;
        Volatile.Write(ref _generation, _generation + 1);
        return new CircuitChange(from, to, _generation, openFor);
    }

    private TimeSpan FirstLeaseEndsLocked(long now) => _clock.ToTimeSpan(_probes.Min(lease => lease.EndsAt) - now);

    private void Announce(CircuitChange? change)
    {
        if (change is { } happened)
        {
            _onChanged?.Invoke(happened);
        }
    }

    private readonly record struct Lease(int Probe, long EndsAt);
}
