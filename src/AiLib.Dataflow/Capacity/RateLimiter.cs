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

    // Set once in the constructor: which of the buckets are in force.
    private readonly bool _limitsSecond;
    private readonly bool _limitsMinute;
    private readonly bool _limitsTokens;

    // The lock and what it guards, side by side. Observers read without taking it, so they never make a worker wait.
    private EditionLock _sync;
    private CreditBucket _second;
    private CreditBucket _minute;
    private CreditBucket _tokens;

    /// <summary>Creates a limiter whose buckets are full.</summary>
    /// <param name="options">The limits. Default: none.</param>
    /// <param name="timeProvider">The clock. Default: the system's.</param>
    /// <exception cref="ConfigurationException">A limit is out of range.</exception>
    public RateLimiter(RateLimiterOptions? options = null, TimeProvider? timeProvider = null)
    {
        options ??= new RateLimiterOptions();
        SettingsCheck check = new();
        options.Check(check);
        check.ThrowIfAny();

        _clock = new Clock(timeProvider ?? TimeProvider.System);
        long now = _clock.Now;
        long second = _clock.Frequency;
        _limitsSecond = options.RequestsPerSecond is not null;
        if (options.RequestsPerSecond is { } perSecond)
        {
            // Six decimals of the rate are kept, and the rest is dropped, never rounded up: 0.5 per second is 500,000 credits in a million seconds.
            long micro = Math.Max(1, (long)Math.Floor((decimal)perSecond * 1_000_000));
            _second = new CreditBucket(micro, 1_000_000 * second, options.BurstSize ?? Math.Max(1, (long)perSecond), now);
        }

        _limitsMinute = options.RequestsPerMinute is not null;
        if (options.RequestsPerMinute is { } perMinute)
        {
            _minute = new CreditBucket(perMinute, 60 * second, options.BurstSize ?? Math.Max(1, perMinute / 60), now);
        }

        _limitsTokens = options.TokensPerMinute is not null;
        if (options.TokensPerMinute is { } tokens)
        {
            _tokens = new CreditBucket(tokens, 60 * second, options.TokenBurst ?? tokens, now);
        }
    }

    /// <summary>How many requests could start now; null when requests are not limited.</summary>
    public long? Remaining
    {
        get
        {
            if (!_limitsSecond && !_limitsMinute)
            {
                return null;
            }

            long now = Now;
            return Math.Min(
                _limitsSecond ? Available(ref _second, now) : long.MaxValue,
                _limitsMinute ? Available(ref _minute, now) : long.MaxValue);
        }
    }

    /// <summary>How many LLM tokens could be spent now; null when tokens are not limited.</summary>
    public long? TokensRemaining => _limitsTokens ? Available(ref _tokens, Now) : null;

    /// <summary>Whether anything is limited.</summary>
    public bool IsLimited => _limitsSecond || _limitsMinute || _limitsTokens;

    /// <summary>The limiter's own time.</summary>
    internal long Now => _clock.Now;

    /// <summary>The largest cost that can ever pass; null when tokens are not limited.</summary>
    public long? LargestCost => _limitsTokens ? _tokens.Burst : null;

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

        _sync.Enter();
        long wait = WaitLocked(cost, now);
        if (wait == 0)
        {
            TakeLocked(cost);
        }

        _sync.Exit();
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
        _sync.Enter();
        long wait = WaitLocked(cost, now);
        _sync.Exit();
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
        if (cost is { } real && _limitsTokens && real != reservation.Cost)
        {
            _sync.Enter();
            _tokens.Refill(now);
            _tokens.Give(reservation.Cost - real);
            _sync.Exit();
        }
    }

    /// <summary>Gives everything back: the attempt was never made.</summary>
    public void Refund(RateReservation reservation)
    {
        long now = Now;
        _sync.Enter();
        RefillLocked(now);
        GiveLocked(reservation.Cost);
        _sync.Exit();
    }

    internal Refusal NeverFits(long cost) => new(
        "never_fits", FormattableString.Invariant($"the request costs {cost} tokens and the target can never hold more than {LargestCost}; shorten it or raise RateLimiter.TokenBurst."));

    private long WaitLocked(long cost, long now)
    {
        if (_limitsTokens && cost > _tokens.Burst)
        {
            return Clock.Never;
        }

        RefillLocked(now);
        long wait = _limitsSecond ? _second.TicksUntil(1) : 0;
        wait = _limitsMinute ? Math.Max(wait, _minute.TicksUntil(1)) : wait;
        return _limitsTokens ? Math.Max(wait, _tokens.TicksUntil(cost)) : wait;
    }

    private void TakeLocked(long cost)
    {
        if (_limitsSecond)
        {
            _second.Take(1);
        }

        if (_limitsMinute)
        {
            _minute.Take(1);
        }

        if (_limitsTokens)
        {
            _tokens.Take(cost);
        }
    }

    private void GiveLocked(long cost)
    {
        if (_limitsSecond)
        {
            _second.Give(1);
        }

        if (_limitsMinute)
        {
            _minute.Give(1);
        }

        if (_limitsTokens)
        {
            _tokens.Give(cost);
        }
    }

    private void RefillLocked(long now)
    {
        if (_limitsSecond)
        {
            _second.Refill(now);
        }

        if (_limitsMinute)
        {
            _minute.Refill(now);
        }

        if (_limitsTokens)
        {
            _tokens.Refill(now);
        }
    }

    private long Available(ref CreditBucket bucket, long now)
    {
        while (true)
        {
            int edition = _sync.BeginRead();
            CreditBucket copy = bucket;
            if (_sync.WasRead(edition))
            {
                copy.Refill(now);
                return copy.Available;
            }
        }
    }
}

/// <summary>Credits that were taken for one attempt.</summary>
/// <param name="Cost">The token credits, as estimated.</param>
public readonly record struct RateReservation(long Cost);
