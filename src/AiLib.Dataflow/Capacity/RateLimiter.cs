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

    private readonly Lock _sync = new();
    private readonly Clock _clock;

    // Those who wait in AcquireAsync, one at a time at the front. First come, first served.
    private readonly SemaphoreSlim _turnstile = new(1, 1);

    // Written under _sync. Length 0 means: no such limit.
    private readonly CreditBucket[] _requests;
    private readonly CreditBucket[] _tokens;

    // Odd while a holder of _sync changes the buckets. A reader that saw it odd or changed reads again, so observers never make a worker wait.
    private int _edition;

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
        List<CreditBucket> requests = [];
        if (options.RequestsPerSecond is { } perSecond)
        {
            // Six decimals of the rate are kept, and the rest is dropped, never rounded up: 0.5 per second is 500,000 credits in a million seconds.
            long micro = Math.Max(1, (long)Math.Floor((decimal)perSecond * 1_000_000));
            requests.Add(new CreditBucket(micro, 1_000_000 * second, options.BurstSize ?? Math.Max(1, (long)perSecond), now));
        }

        if (options.RequestsPerMinute is { } perMinute)
        {
            requests.Add(new CreditBucket(perMinute, 60 * second, options.BurstSize ?? Math.Max(1, perMinute / 60), now));
        }

        _requests = [.. requests];
        _tokens = options.TokensPerMinute is { } tokens ? [new CreditBucket(tokens, 60 * second, options.TokenBurst ?? tokens, now)] : [];
    }

    /// <summary>How many requests could start now; null when requests are not limited.</summary>
    public long? Remaining => Available(_requests);

    /// <summary>How many LLM tokens could be spent now; null when tokens are not limited.</summary>
    public long? TokensRemaining => Available(_tokens);

    /// <summary>Whether anything is limited.</summary>
    public bool IsLimited => _requests.Length + _tokens.Length > 0;

    /// <summary>The largest cost that can ever pass; null when tokens are not limited.</summary>
    public long? LargestCost => _tokens.Length == 0 ? null : _tokens[0].Burst;

    /// <summary>Whether a request of this cost can ever pass.</summary>
    public bool Fits(long cost) => cost <= (LargestCost ?? long.MaxValue);

    /// <summary>Takes one request credit and <paramref name="cost"/> token credits, or nothing at all. Does not wait.</summary>
    /// <param name="cost">The estimated cost in LLM tokens.</param>
    /// <param name="reservation">What was taken, to be settled or refunded.</param>
    /// <param name="retryAfter">When it did not pass, how long until it could; <see cref="TimeSpan.MaxValue"/> when it never fits.</param>
    public bool TryReserve(long cost, out RateReservation reservation, out TimeSpan retryAfter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost);
        reservation = new RateReservation(cost);
        retryAfter = TimeSpan.Zero;
        if (!IsLimited)
        {
            return true;
        }

        long wait;
        lock (_sync)
        {
            Interlocked.Increment(ref _edition);
            wait = WaitLocked(cost, _clock.Now);
            if (wait == 0)
            {
                TakeLocked(_requests, 1);
                TakeLocked(_tokens, cost);
            }

            Interlocked.Increment(ref _edition);
        }

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
        long wait;
        lock (_sync)
        {
            Interlocked.Increment(ref _edition);
            wait = WaitLocked(cost, _clock.Now);
            Interlocked.Increment(ref _edition);
        }

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
        if (cost is { } real && _tokens.Length > 0 && real != reservation.Cost)
        {
            lock (_sync)
            {
                Interlocked.Increment(ref _edition);
                Refill(_tokens, _clock.Now);
                _tokens[0].Give(reservation.Cost - real);
                Interlocked.Increment(ref _edition);
            }
        }
    }

    /// <summary>Gives everything back: the attempt was never made.</summary>
    public void Refund(RateReservation reservation)
    {
        lock (_sync)
        {
            Interlocked.Increment(ref _edition);
            long now = _clock.Now;
            Refill(_requests, now);
            Refill(_tokens, now);
            foreach (ref CreditBucket bucket in _requests.AsSpan())
            {
                bucket.Give(1);
            }

            foreach (ref CreditBucket bucket in _tokens.AsSpan())
            {
                bucket.Give(reservation.Cost);
            }

            Interlocked.Increment(ref _edition);
        }
    }

    internal Refusal NeverFits(long cost) => new(
        "never_fits", FormattableString.Invariant($"the request costs {cost} tokens and the target can never hold more than {LargestCost}; shorten it or raise RateLimiter.TokenBurst."));

    private long WaitLocked(long cost, long now)
    {
        if (_tokens.Length > 0 && cost > _tokens[0].Burst)
        {
            return Clock.Never;
        }

        Refill(_requests, now);
        Refill(_tokens, now);
        long wait = 0;
        foreach (ref CreditBucket bucket in _requests.AsSpan())
        {
            wait = Math.Max(wait, bucket.TicksUntil(1));
        }

        foreach (ref CreditBucket bucket in _tokens.AsSpan())
        {
            wait = Math.Max(wait, bucket.TicksUntil(cost));
        }

        return wait;
    }

    private static void TakeLocked(CreditBucket[] buckets, long credits)
    {
        foreach (ref CreditBucket bucket in buckets.AsSpan())
        {
            bucket.Take(credits);
        }
    }

    private static void Refill(CreditBucket[] buckets, long now)
    {
        foreach (ref CreditBucket bucket in buckets.AsSpan())
        {
            bucket.Refill(now);
        }
    }

    private long? Available(CreditBucket[] buckets)
    {
        if (buckets.Length == 0)
        {
            return null;
        }

        long now = _clock.Now;
        SpinWait spin = default;
        while (true)
        {
            int before = Volatile.Read(ref _edition);
            long least = long.MaxValue;
            foreach (CreditBucket bucket in buckets)
            {
                CreditBucket copy = bucket;
                copy.Refill(now);
                least = Math.Min(least, copy.Available);
            }

            Interlocked.MemoryBarrier();
            if (before % 2 == 0 && before == Volatile.Read(ref _edition))
            {
                return least;
            }

            spin.SpinOnce();
        }
    }
}

/// <summary>Credits that were taken for one attempt.</summary>
/// <param name="Cost">The token credits, as estimated.</param>
public readonly record struct RateReservation(long Cost);
