using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>Credits for requests and LLM tokens that a target allows over time: taken all together or not at all, before each attempt.</summary>
/// <remarks>
/// <para>What is this: the ledger behind the rate gate, usable alone. Each limit is one bucket of whole-number arithmetic; with none everything passes. The limits are those
/// that were configured, tightened by what the target tells (<see cref="Learn"/>), and may change while it runs (<see cref="UpdateLimits"/>). A request that costs more
/// than a configured bucket can hold never fits: ask <see cref="Fits"/>.</para>
/// <para>Threading: everything from anywhere. The lock on the levels is held for arithmetic only; nobody waits under it. Those who change the limits take one of their
/// own first.</para>
/// </remarks>
#pragma warning disable CA1001 // A semaphore whose wait handle nobody asked for holds nothing that has to be disposed.
public sealed partial class RateLimiter
#pragma warning restore CA1001
{
    // A delay holds no more than 49 days; a longer wait is asked about again.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    private readonly Clock _clock;

    // Those who wait in AcquireAsync, one at a time at the front. First come, first served.
    private readonly SemaphoreSlim _turnstile = new(1, 1);

    // The one at the front asks, or waits to ask again. Raised before he asks and read by those who have given something back: one of the two sees the other.
    private volatile bool _isAsked;

    // The lock and the levels that it guards. Observers read without taking it, so they never make a worker wait.
    private readonly CapacityState _state;

    // What is in force. Replaced as a whole, under the levels' lock and the changers' own.
    private volatile RateLimits _limits;

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
        _options = Checked(options ?? new RateLimiterOptions());
        _clock = new Clock(timeProvider ?? TimeProvider.System);
        _configured = RateLimits.From(_options, _clock);
        _limits = _configured;
        _state.FilledAt = _clock.Now;
        _state.Levels = _limits.Full;
        _state.RequestsToldAt = long.MinValue;
        _state.TokensToldAt = long.MinValue;
        _state.InputToldAt = long.MinValue;
        _state.OutputToldAt = long.MinValue;
        _state.Further = _limits.Further?.Full ?? default;
        _state.FurtherFilledAt = _state.FilledAt;
    }

    /// <summary>How many requests could start now; null when requests are not limited.</summary>
    public long? Remaining => Look(out CreditLevels levels, out FurtherLevels further) is { HasRequests: true } limits ? limits.Requests(levels, further) : null;

    /// <summary>How many LLM tokens could be spent now, input and output together; null when their sum is not limited.</summary>
    public long? TokensRemaining => Look(out CreditLevels levels, out FurtherLevels further) is { HasTokens: true } limits ? limits.Tokens(levels, further) : null;

    /// <summary>How many LLM tokens of prompts could be spent now; null when they are not limited on their own.</summary>
    public long? InputTokensRemaining => Remains(FurtherLimit.Input);

    /// <summary>How many LLM tokens of answers could be spent now; null when they are not limited on their own.</summary>
    public long? OutputTokensRemaining => Remains(FurtherLimit.Output);

    /// <summary>How many requests a minute brings, by the limits in force, less the headroom; null when requests are not limited.</summary>
    public double? RequestsPerMinute => _limits.RequestsPerTick * _clock.Frequency * 60;

    /// <summary>How many LLM tokens a minute brings, by the limit in force, less the headroom; null when tokens are not limited.</summary>
    public double? TokensPerMinute => _limits.TokensPerTick * _clock.Frequency * 60;

    /// <summary>Whether anything is limited, by configuration or because the target told so.</summary>
    public bool IsLimited => _limits.IsAny;

    /// <summary>The limiter's own time.</summary>
    internal long Now => _clock.Now;

    /// <summary>
    /// The largest total cost that can ever pass; null when no limit of both kinds of tokens together is configured. One that was only learned refuses nothing: what costs more than it holds passes when the
    /// bucket is full, and takes all of it.
    /// </summary>
    public long? LargestCost => _limits.LargestCost is not long.MaxValue and var largest ? largest : null;

    /// <summary>Whether a request of this cost can ever pass.</summary>
    public bool Fits(TokenCost cost) => IsWithin(_limits, cost);

    /// <summary>The largest total that fits, however it is made up.</summary>
    internal long LargestOfAnyKind => _limits is var limits && limits.Further is { } further
        ? Math.Min(limits.LargestCost, Math.Min(further.LargestInput, further.LargestOutput))
        : limits.LargestCost;

    /// <summary>Takes one request credit and <paramref name="cost"/> token credits, or nothing at all. Does not wait.</summary>
    /// <param name="cost">The estimated cost in LLM tokens; a number is the total.</param>
    /// <param name="reservation">What was taken, to be settled or refunded.</param>
    /// <param name="retryAfter">When it did not pass, how long until it could; <see cref="TimeSpan.MaxValue"/> when it never fits.</param>
    public bool TryReserve(TokenCost cost, out RateReservation reservation, out TimeSpan retryAfter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost.Total, nameof(cost));
        return TryReserve(cost, IsLimited || IsHeld ? Now : 0, out reservation, out retryAfter, mustFit: true);
    }

    /// <summary>Takes the credits as of a timestamp that the caller has just read: reading the clock costs more than all of the arithmetic.</summary>
    /// <param name="cost">The estimated cost.</param>
    /// <param name="now">The timestamp.</param>
    /// <param name="reservation">What was taken.</param>
    /// <param name="retryAfter">When it did not pass, how long until it could.</param>
    /// <param name="mustFit">
    /// Whether a cost that never fits is refused, by the limits from which it would be taken. Otherwise what was let in before a limit shrank takes all that the bucket holds, and its real cost is charged at its end.
    /// </param>
    internal bool TryReserve(in TokenCost cost, long now, out RateReservation reservation, out TimeSpan retryAfter, bool mustFit = false)
    {
        retryAfter = TimeSpan.Zero;
        if (!IsLimited)
        {
            reservation = new RateReservation(cost.Total);
            return TryPassHold(now, out retryAfter);
        }

        _state.Sync.Enter();
        RateLimits limits = RefillLocked(now);
        if (mustFit && !IsWithin(limits, cost))
        {
            _state.Sync.Exit();
            reservation = default;
            retryAfter = TimeSpan.MaxValue;
            return false;
        }

        if (limits.Further is not null)
        {
            return TryReserveFurther(limits, cost, now, out reservation, out retryAfter);
        }

        long total = cost.Total;
        long wait = limits.Take(ref _state.Levels, ref total, takes: true);
        if (wait == 0)
        {
            long number = ++_state.Taken;
            long tokens = unchecked(_state.TakenTokens += total);
            _state.Sync.Exit();
            reservation = new RateReservation(total) { Edition = limits.Edition, Number = number, Tokens = tokens };
            return true;
        }

        _state.Sync.Exit();

        reservation = default;
        retryAfter = wait == Clock.Never ? TimeSpan.MaxValue : _clock.ToTimeSpan(wait);
        return false;
    }

    /// <summary>How long until a request of this cost could pass; zero when it could now, <see cref="TimeSpan.MaxValue"/> when it never fits. Takes nothing.</summary>
    public TimeSpan TimeUntil(TokenCost cost = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost.Total, nameof(cost));
        return Fits(cost) ? TimeUntilThere(cost) : TimeSpan.MaxValue;
    }

    /// <summary>How long until a request of this cost could pass, or one that takes all that a bucket holds, if it costs more.</summary>
    internal TimeSpan TimeUntilThere(in TokenCost cost)
    {
        long now = Now;
        if (!IsLimited)
        {
            return HeldFor(now);
        }

        _state.Sync.Enter();
        long wait = WaitLocked(RefillLocked(now), cost, now);
        _state.Sync.Exit();
        return wait == Clock.Never ? TimeSpan.MaxValue : _clock.ToTimeSpan(wait);
    }

    /// <summary>Whether it is tokens that a request of this cost has to wait for, and not requests: the wait for them is the longer one.</summary>
    internal bool IsShortOfTokens(in TokenCost cost) => Look(out CreditLevels levels, out FurtherLevels further).IsShortOfTokens(levels, further, cost);

    /// <summary>Takes the credits, waiting for them if need be. First come, first served among those who wait here.</summary>
    /// <param name="cost">The estimated cost in LLM tokens.</param>
    /// <param name="cancellationToken">Gives the wait up; nothing is taken then.</param>
    /// <exception cref="RequestRefusedException">The cost never fits.</exception>
    public async ValueTask<RateReservation> AcquireAsync(TokenCost cost = default, CancellationToken cancellationToken = default)
    {
        if (!Fits(cost))
        {
            throw new RequestRefusedException(NeverFits(cost));
        }

        await _turnstile.WaitAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
        try
        {
            _isAsked = true;
            while (true)
            {
                // Before asking: a change after it is seen.
                Task changed = _changed.Task;
                if (TryReserve(cost, out RateReservation reservation, out TimeSpan retryAfter))
                {
                    return reservation;
                }

                if (retryAfter == TimeSpan.MaxValue)
                {
                    throw new RequestRefusedException(NeverFits(cost));
                }

                // A delay is cut to whole milliseconds, which would come too early and spin.
                TimeSpan delay = retryAfter < LongestDelay ? TimeSpan.FromMilliseconds(Math.Ceiling(retryAfter.TotalMilliseconds)) : LongestDelay;
                await WaitAsync(delay, changed, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            }
        }
        finally
        {
            _isAsked = false;
            _turnstile.Release();
        }
    }

    /// <summary>Replaces the estimate by what was really used: the difference is given back or charged.</summary>
    /// <param name="reservation">What was taken.</param>
    /// <param name="cost">The real cost in LLM tokens; null when unknown, and then the estimate stays charged. Where only its total is known, what was taken for input and output stays charged as far as it is no more than that.</param>
    public void Settle(RateReservation reservation, TokenCost? cost)
    {
        if (cost is not null)
        {
            Settle(reservation, cost, Now);
        }
    }

    /// <summary>Settles as of a timestamp that the caller has just read.</summary>
    internal void Settle(in RateReservation reservation, in TokenCost? cost, long now)
    {
        if (cost is { } real && (real.Total != reservation.Cost || reservation.TookFurther) && _limits.CountsTokens)
        {
            _state.Sync.Enter();
            RateLimits limits = RefillLocked(now);
            limits.Settle(ref _state.Levels, reservation, real.Total);
            FurtherLocked(limits)?.Settle(ref _state.Further, reservation, real);
            _state.Sync.Exit();
            SayGivenBack();
        }
    }

    /// <summary>Gives everything back: the attempt was never made.</summary>
    public void Refund(RateReservation reservation)
    {
        long now = Now;
        _state.Sync.Enter();
        RateLimits limits = RefillLocked(now);
        limits.Refund(ref _state.Levels, reservation);
        FurtherLocked(limits)?.Refund(ref _state.Further, reservation);
        _state.Sync.Exit();
        SayGivenBack();
    }

    internal Refusal NeverFits(TokenCost cost) => new("never_fits", WhyNever(_limits, cost));

    private static bool IsWithin(RateLimits limits, in TokenCost cost) => cost.Total <= limits.LargestCost && (limits.Further?.Fits(cost) ?? true);

    private void SayGivenBack()
    {
        if (_isAsked)
        {
            SayChanged();
        }
    }

    /// <summary>Waits for a time, for a change of the limits or something given back, or until it is given up.</summary>
    private async Task WaitAsync(TimeSpan delay, Task changed, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task delayed = Task.Delay(delay, _clock.TimeProvider, over.Token);
        await Task.WhenAny(delayed, changed).ConfigureAwait(Continuations.KeepContext);
        await over.CancelAsync().ConfigureAwait(Continuations.KeepContext);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Lets flow in what is due. A time before the last one changes nothing.</summary>
    /// <returns>What is in force.</returns>
    private RateLimits RefillLocked(long now)
    {
        RateLimits limits = _limits;
        long elapsed = now - _state.FilledAt;
        if (elapsed > 0)
        {
            _state.FilledAt = now;
            limits.Refill(ref _state.Levels, elapsed);
        }

        return limits;
    }

    /// <summary>Looks at one edition of limits and levels, as they would be now.</summary>
    private RateLimits Look(out CreditLevels levels, out FurtherLevels further)
    {
        long now = Now;
        while (true)
        {
            int edition = _state.Sync.BeginRead();
            RateLimits limits = _limits;
            levels = _state.Levels;
            long filledAt = _state.FilledAt;
            further = limits.Further is null ? default : _state.Further;
            long furtherFilledAt = _state.FurtherFilledAt;
            if (_state.Sync.WasRead(edition))
            {
                limits.Refill(ref levels, Math.Max(0, now - filledAt));
                limits.Further?.Refill(ref further, Math.Max(now, filledAt) - furtherFilledAt);
                return limits;
            }
        }
    }
}

/// <summary>Credits that were taken for one attempt.</summary>
/// <param name="Cost">The token credits, as estimated.</param>
public readonly record struct RateReservation(long Cost)
{
    /// <summary>The limits under which they were taken.</summary>
    internal int Edition { get; init; }

    /// <summary>How many requests had taken credits then, this one included; 0 when nothing was limited.</summary>
    internal long Number { get; init; }

    /// <summary>How many token credits they had taken.</summary>
    internal long Tokens { get; init; }

    // Apart, because every attempt carries a reservation along and few take such credits.
    private readonly FurtherTaken? _further;

    /// <summary>What was taken from the limits that few targets have.</summary>
    internal FurtherCredits Further
    {
        get => _further?.Credits ?? default;
        init => _further = new FurtherTaken(value);
    }

    /// <summary>Whether there were such limits.</summary>
    internal bool TookFurther => _further is not null;

    /// <summary>The same with what it really cost, where that is known: settled, so that settling it again changes nothing.</summary>
    internal RateReservation SettledBy(in TokenCost? cost) => cost is not { } real ? this
        : TookFurther ? this with { Cost = real.Total, Further = Further.After(real) }
        : this with { Cost = real.Total };

    private sealed record FurtherTaken(FurtherCredits Credits);
}
