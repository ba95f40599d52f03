using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>Credits for requests and LLM tokens that a target allows over time: taken all together or not at all, before each attempt.</summary>
/// <remarks>
/// <para>What is this: the ledger behind the rate gate, usable alone. Each limit that is set is one bucket of whole-number arithmetic; with none set
/// everything passes. A request that costs more than a bucket can hold never fits: ask <see cref="Fits"/>.</para>
/// <para>Threading: everything from anywhere. The lock is held for arithmetic only; nobody waits under it.</para>
/// </remarks>
#pragma warning disable CA1001 // A semaphore whose wait handle nobody asked for holds nothing that has to be disposed.
public sealed class RateLimiter
#pragma warning restore CA1001
{
    // A delay holds no more than 49 days; a longer wait is asked about again.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    private readonly Clock _clock;

    // Those who wait in AcquireAsync, one at a time at the front. First come, first served.
    private readonly SemaphoreSlim _turnstile = new(1, 1);

    // Set once in the constructor; null where nothing is limited.
    private readonly CreditRate? _second;
    private readonly CreditRate? _minute;
    private readonly CreditRate? _tokens;

    // The lock and what it guards. Observers read without taking it, so they never make a worker wait.
    private readonly CapacityState _state;

    /// <summary>Creates a limiter whose buckets are full.</summary>
    /// <param name="options">The limits. Default: none.</param>
    /// <param name="timeProvider">The clock. Default: the system's.</param>
    /// <exception cref="ConfigurationException">A limit is out of range.</exception>
    public RateLimiter(RateLimiterOptions? options = null, TimeProvider? timeProvider = null)
        : this(options, timeProvider, new CapacityState())
    {
    }

    /// <summary>Creates a limiter whose buckets are full and whose levels lie in a given place.</summary>
    internal RateLimiter(RateLimiterOptions? options, TimeProvider? timeProvider, CapacityState state)
    {
        _state = state;
        options ??= new RateLimiterOptions();
        SettingsCheck check = new();
        options.Check(check);
        check.ThrowIfAny();

        _clock = new Clock(timeProvider ?? TimeProvider.System);
        _state.FilledAt = _clock.Now;
        long second = _clock.Frequency;
        if (options.RequestsPerSecond is { } perSecond)
        {
            // Six decimals of the rate are kept, and the rest is dropped, never rounded up: 0.5 per second is 500,000 credits in a million seconds.
            long micro = Math.Max(1, (long)Math.Floor((decimal)perSecond * 1_000_000));
            _second = new CreditRate(micro, 1_000_000 * second, options.BurstSize ?? Math.Max(1, (long)perSecond));
            _state.Second = _second.Full;
        }

        if (options.RequestsPerMinute is { } perMinute)
        {
            _minute = new CreditRate(perMinute, 60 * second, options.BurstSize ?? Math.Max(1, perMinute / 60));
            _state.Minute = _minute.Full;
        }

        if (options.TokensPerMinute is { } tokens)
        {
            _tokens = new CreditRate(tokens, 60 * second, options.TokenBurst ?? tokens);
            _state.Tokens = _tokens.Full;
        }
    }

    /// <summary>How many requests could start now; null when requests are not limited.</summary>
    public long? Remaining
    {
        get
        {
            if (_second is null && _minute is null)
            {
                return null;
            }

            return Math.Min(
                _second is null ? long.MaxValue : Available(_second, ref _state.Second),
                _minute is null ? long.MaxValue : Available(_minute, ref _state.Minute));
        }
    }

    /// <summary>How many LLM tokens could be spent now; null when tokens are not limited.</summary>
    public long? TokensRemaining => _tokens is null ? null : Available(_tokens, ref _state.Tokens);

    /// <summary>Whether anything is limited.</summary>
    public bool IsLimited => _second is not null || _minute is not null || _tokens is not null;

    /// <summary>The limiter's own time.</summary>
    internal long Now => _clock.Now;

    /// <summary>The largest cost that can ever pass; null when tokens are not limited.</summary>
    public long? LargestCost => _tokens?.Burst;

    /// <summary>Whether a request of this cost can ever pass.</summary>
    public bool Fits(long cost) => cost <= (LargestCost ?? long.MaxValue);

    /// <summary>Takes one request credit and <paramref name="cost"/> token credits, or nothing at all. Does not wait.</summary>
    /// <param name="cost">The estimated cost in LLM tokens.</param>
    /// <param name="reservation">What was taken, to be settled or refunded.</param>
    /// <param name="retryAfter">When it did not pass, how long until it could; <see cref="TimeSpan.MaxValue"/> when it never fits.</param>
    public bool TryReserve(long cost, out RateReservation reservation, out TimeSpan retryAfter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost);
        return TryReserve(cost, IsLimited ? Now : 0, out reservation, out retryAfter);
    }

    /// <summary>Takes the credits as of a timestamp that the caller has just read: reading the clock costs more than all of the arithmetic.</summary>
    internal bool TryReserve(long cost, long now, out RateReservation reservation, out TimeSpan retryAfter)
    {
        reservation = new RateReservation(cost);
        retryAfter = TimeSpan.Zero;
        if (!IsLimited)
        {
            return true;
        }

        _state.Sync.Enter();
        long wait = TryTakeLocked(cost, now, takes: true);
        _state.Sync.Exit();
        if (wait == 0)
        {
            return true;
        }

        reservation = default;
        retryAfter = wait == Clock.Never ? TimeSpan.MaxValue : _clock.ToTimeSpan(wait);
        return false;
    }

    /// <summary>How long until a request of this cost could pass; zero when it could now, <see cref="TimeSpan.MaxValue"/> when it never fits. Takes nothing.</summary>
    public TimeSpan TimeUntil(long cost = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost);
        long now = Now;
        _state.Sync.Enter();
        long wait = TryTakeLocked(cost, now, takes: false);
        _state.Sync.Exit();
        return wait == Clock.Never ? TimeSpan.MaxValue : _clock.ToTimeSpan(wait);
    }

    /// <summary>Takes the credits, waiting for them if need be. First come, first served among those who wait here.</summary>
    /// <param name="cost">The estimated cost in LLM tokens.</param>
    /// <param name="cancellationToken">Gives the wait up; nothing is taken then.</param>
    /// <exception cref="RequestRefusedException">The cost never fits.</exception>
    public async ValueTask<RateReservation> AcquireAsync(long cost = 0, CancellationToken cancellationToken = default)
    {
        if (!Fits(cost))
        {
            throw new RequestRefusedException(NeverFits(cost));
        }

        await _turnstile.WaitAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
        try
        {
            while (true)
            {
                if (TryReserve(cost, out RateReservation reservation, out TimeSpan retryAfter))
                {
                    return reservation;
                }

                // A delay is cut to whole milliseconds, which would come too early and spin.
                TimeSpan delay = retryAfter < LongestDelay ? TimeSpan.FromMilliseconds(Math.Ceiling(retryAfter.TotalMilliseconds)) : LongestDelay;
                await Task.Delay(delay, _clock.TimeProvider, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            }
        }
        finally
        {
            _turnstile.Release();
        }
    }

    /// <summary>Replaces the estimate by what was really used: the difference is given back or charged.</summary>
    /// <param name="reservation">What was taken.</param>
    /// <param name="cost">The real cost in LLM tokens; null when unknown, and then the estimate stays charged.</param>
    public void Settle(RateReservation reservation, long? cost)
    {
        if (cost is not null)
        {
            Settle(reservation, cost, Now);
        }
    }

    /// <summary>Settles as of a timestamp that the caller has just read.</summary>
    internal void Settle(RateReservation reservation, long? cost, long now)
    {
        if (cost is { } real && _tokens is not null && real != reservation.Cost)
        {
            _state.Sync.Enter();
            RefillLocked(now);
            _state.Tokens = _tokens.Give(_state.Tokens, reservation.Cost - real);
            _state.Sync.Exit();
        }
    }

    /// <summary>Gives everything back: the attempt was never made.</summary>
    public void Refund(RateReservation reservation)
    {
        long now = Now;
        _state.Sync.Enter();
        RefillLocked(now);
        GiveLocked(reservation.Cost);
        _state.Sync.Exit();
    }

    internal Refusal NeverFits(long cost) => new(
        "never_fits", FormattableString.Invariant($"the request costs {cost} tokens and the target can never hold more than {LargestCost}; shorten it or raise RateLimiter.TokenBurst."));

    /// <summary>Takes the credits if they are there, or only looks.</summary>
    /// <returns>How long until they are; 0 when they are, and then they are taken.</returns>
    private long TryTakeLocked(long cost, long now, bool takes)
    {
        if (_tokens is not null && cost > _tokens.Burst)
        {
            return Clock.Never;
        }

        RefillLocked(now);
        Int128 second = _second?.Take(_state.Second, 1) ?? 0;
        Int128 minute = _minute?.Take(_state.Minute, 1) ?? 0;
        Int128 tokens = _tokens?.Take(_state.Tokens, cost) ?? 0;
        if (second < 0 || minute < 0 || tokens < 0)
        {
            long requests = Math.Max(_second?.TicksUntilPaid(second) ?? 0, _minute?.TicksUntilPaid(minute) ?? 0);
            return Math.Max(requests, _tokens?.TicksUntilPaid(tokens) ?? 0);
        }

        if (takes)
        {
            _state.Second = second;
            _state.Minute = minute;
            _state.Tokens = tokens;
        }

        return 0;
    }

    private void GiveLocked(long cost)
    {
        _state.Second = _second?.Give(_state.Second, 1) ?? 0;
        _state.Minute = _minute?.Give(_state.Minute, 1) ?? 0;
        _state.Tokens = _tokens?.Give(_state.Tokens, cost) ?? 0;
    }

    /// <summary>Lets flow in what is due. A time before the last one changes nothing.</summary>
    private void RefillLocked(long now)
    {
        long elapsed = now - _state.FilledAt;
        if (elapsed <= 0)
        {
            return;
        }

        _state.FilledAt = now;
        _state.Second = _second?.Refill(_state.Second, elapsed) ?? 0;
        _state.Minute = _minute?.Refill(_state.Minute, elapsed) ?? 0;
        _state.Tokens = _tokens?.Refill(_state.Tokens, elapsed) ?? 0;
    }

    private long Available(CreditRate rate, ref Int128 level)
    {
        long now = Now;
        while (true)
        {
            int edition = _state.Sync.BeginRead();
            Int128 seen = level;
            long elapsed = now - _state.FilledAt;
            if (_state.Sync.WasRead(edition))
            {
                return rate.Available(elapsed > 0 ? rate.Refill(seen, elapsed) : seen);
            }
        }
    }
}

/// <summary>Credits that were taken for one attempt.</summary>
/// <param name="Cost">The token credits, as estimated.</param>
public readonly record struct RateReservation(long Cost);
