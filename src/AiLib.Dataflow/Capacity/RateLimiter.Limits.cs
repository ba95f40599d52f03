namespace AiLib.Dataflow.Capacity;

/// <summary>How the limits come to be: configured, learned, changed.</summary>
public sealed partial class RateLimiter
{
    // Taken by those who change the limits, before the lock on the levels: what is in force afterwards is made outside of that.
    private readonly Lock _changes = new();

    // Guarded by _changes; the options are read without it as well, and never changed, only replaced.
    private RateLimiterOptions _options;
    private RateLimits _configured;

    // Written under both locks, so that who holds either reads it: told is what belongs to the newest news.
    private ToldLimits _told = ToldLimits.None;

    // Completed and replaced by each change, and when something is given back while somebody waits: he looks again.
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether what the target says is heeded.</summary>
    internal bool LearnsFromAnswers => Volatile.Read(ref _options).LearnsFromAnswers;

    /// <summary>Whether a limit is in force for which it matters what a request costs.</summary>
    internal bool LimitsTokens => _limits.CountsTokens;

    /// <summary>What is configured; a copy.</summary>
    internal RateLimiterOptions Options
    {
        get
        {
            lock (_changes)
            {
                return _options with { };
            }
        }
    }

    /// <summary>Replaces the configured limits, at once: whoever waits for credits asks again.</summary>
    /// <param name="options">The limits from now on. One that is not set is none, and then what the target tells is the limit.</param>
    /// <exception cref="ConfigurationException">A limit is out of range; nothing has changed.</exception>
    /// <remarks>
    /// <para>What is left is carried over as it is, in credits, debts included, and cut to the new burst. So a change, or a hundred of them, gives nobody a credit: over every
    /// window no more start than the rates in force during the window bring, and one burst, the one in force at its beginning. A limit where there was none begins with a full bucket, and
    /// what was let through before was not taken from it.</para>
    /// <para>In a pipeline, a request that was let in and now costs more than the bucket can hold passes when the bucket is full.</para>
    /// </remarks>
    public void UpdateLimits(RateLimiterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        RateLimiterOptions checkedOptions = Checked(options);
        lock (_changes)
        {
            _options = checkedOptions;
            _configured = RateLimits.From(checkedOptions, _clock);
            ToldLimits told = checkedOptions.LearnsFromAnswers ? _told : ToldLimits.None;
            RateLimits next = _configured.After(_limits, told, _clock);
            long now = Now;
            _state.Sync.Enter();
            PutInForceLocked(next, told, now);
            _state.Sync.Exit();
        }

        SayChanged();
    }

    /// <summary>Takes over what the answer of an attempt says about the target's quotas.</summary>
    /// <param name="readings">What it says. Nonsense is ignored.</param>
    /// <param name="startedAt">When the attempt began, a timestamp of the limiter's clock. What an attempt says that began before that of the newest news is ignored.</param>
    /// <param name="reservation">What the attempt took.</param>
    /// <remarks>
    /// <para>A limit with a window of up to a minute, or of more than an hour and up to a day, is learned: it is the limit where none is configured, and tightens a configured one
    /// where it is slower. It never makes a configured one faster. One of a day is full at first, up to what the target says remains.</para>
    /// <para>What remains is an upper bound, whatever its window: the level is lowered to it, less what was taken after the attempt began and with what has flowed in since,
    /// and never raised. The time until all is there again is not used.</para>
    /// </remarks>
    public void Learn(ReadOnlySpan<QuotaReading> readings, long startedAt, RateReservation reservation) =>
        LearnFrom(readings, startedAt, reservation, new TokenCost(reservation.Further.Input, reservation.Further.Output));

    /// <summary>The same where more is known about what the others in flight may cost than the reservation says.</summary>
    internal void LearnFrom(ReadOnlySpan<QuotaReading> readings, long startedAt, in RateReservation reservation, in TokenCost like)
    {
        if (readings.IsEmpty || !_options.LearnsFromAnswers)
        {
            return;
        }

        (QuotaSubjects subjects, ToldLimits told) = Lower(readings, startedAt, reservation, like);
        if (told.With(readings, subjects) != told && TryTakeOver(readings, startedAt))
        {
            // The new buckets are full.
            Lower(readings, startedAt, reservation, like);
            SayChanged();
        }
    }

    private static RateLimiterOptions Checked(RateLimiterOptions options)
    {
        SettingsCheck check = new();
        options.Check(check);
        check.ThrowIfAny();
        return options with { };
    }

    /// <summary>Lowers the levels to what remains, as far as it is news.</summary>
    /// <returns>What it is news about, and what had been told before.</returns>
    private (QuotaSubjects Subjects, ToldLimits Told) Lower(ReadOnlySpan<QuotaReading> readings, long startedAt, in RateReservation reservation, in TokenCost like)
    {
        QuotaSubjects subjects = QuotaSubjects.None;
        long now = Now;
        int others = Math.Max(0, Volatile.Read(ref _state.InFlight) - 1);
        _state.Sync.Enter();
        RateLimits limits = RefillLocked(now);
        FurtherLocked(limits);
        ToldLimits told = _told;
        QuotaSubjects news = NewsOf(startedAt);
        QuotaNews seen = new(
            reservation, Math.Max(0, now - startedAt), _state.Taken, _state.TakenTokens, _state.TakenInput, _state.TakenOutput, others, like);
        foreach (ref readonly QuotaReading reading in readings)
        {
            QuotaSubjects subject = reading.Dimension.ToSubject() & news;
            if (subject != QuotaSubjects.None)
            {
                subjects |= subject;
                ToldAt(subject) = startedAt;
                limits.Lower(ref _state.Levels, ref _state.Further, reading, seen);
            }
        }

        _state.Sync.Exit();
        return (subjects, told);
    }

    /// <summary>What an answer may say something new about: nobody who began later has spoken of it.</summary>
    private QuotaSubjects NewsOf(long startedAt)
    {
        QuotaSubjects news = QuotaSubjects.None;
        for (QuotaSubjects subject = QuotaSubjects.Requests; subject <= QuotaSubjects.OutputTokens; subject = (QuotaSubjects)((int)subject << 1))
        {
            news |= startedAt >= Volatile.Read(ref ToldAt(subject)) ? subject : QuotaSubjects.None;
        }

        return news;
    }

    private ref long ToldAt(QuotaSubjects subject)
    {
        switch (subject)
        {
            case QuotaSubjects.Requests:
                return ref _state.RequestsToldAt;
            case QuotaSubjects.Tokens:
                return ref _state.TokensToldAt;
            case QuotaSubjects.InputTokens:
                return ref _state.InputToldAt;
            default:
                return ref _state.OutputToldAt;
        }
    }

    /// <summary>Puts in force what was told, as far as nobody who began later was faster.</summary>
    private bool TryTakeOver(ReadOnlySpan<QuotaReading> readings, long startedAt)
    {
        lock (_changes)
        {
            while (_options.LearnsFromAnswers)
            {
                QuotaSubjects news = NewsOf(startedAt);
                ToldLimits told = _told.With(readings, news);
                if (told == _told)
                {
                    return false;
                }

                RateLimits next = _configured.After(_limits, told, _clock);
                long now = Now;
                _state.Sync.Enter();

                // Whoever brings something newer says so under this lock and compares it with what was told by then: he sees us, or we see him.
                bool isStillNews = NewsOf(startedAt) == news;
                if (isStillNews)
                {
                    PutInForceLocked(next, told, now);
                }

                _state.Sync.Exit();
                if (isStillNews)
                {
                    return true;
                }
            }

            return false;
        }
    }

    // Both locks are held.
    private void PutInForceLocked(RateLimits next, ToldLimits told, long now)
    {
        RateLimits before = RefillLocked(now);
        FurtherLocked(before);
        _state.Levels = next.Carry(before, _state.Levels);
        _state.Further = next.Further?.Carry(before.Further, _state.Further) ?? default;
        _state.FurtherFilledAt = _state.FilledAt;
        _limits = next;
        _told = told;
    }

    private void SayChanged() =>
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
