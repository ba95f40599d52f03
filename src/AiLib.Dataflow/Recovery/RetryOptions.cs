namespace AiLib.Dataflow.Recovery;

/// <summary>How often and after which waits a target is tried again. Printing it shows its values.</summary>
public sealed record RetryOptions
{
    /// <summary>Further attempts at the same target after the first one. Default: 3.</summary>
    public int MaxRetries { get; set; } = 3;

    /// <summary>The backoff before the first retry, before jitter. Default: 1 s.</summary>
    public TimeSpan InitialDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest backoff, before jitter. Default: 30 s.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How the backoff grows from one retry to the next. Default: 2.</summary>
    public double BackoffMultiplier { get; set; } = 2.0;

    /// <summary>How a backoff is spread. Default: full, any time between zero and the backoff.</summary>
    public Jitter Jitter { get; set; } = Jitter.Full;

    /// <summary>
    /// The longest wait that a target may ask for. A longer one is not slept through: the request goes to another target, or fails at once.
    /// Default: 120 s, what the OpenAI SDK honours.
    /// </summary>
    public TimeSpan MaxServerDelay { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Whose retries the budget below bounds. Default: those of calls; a batch job finishes what it began.</summary>
    public RetryBudgetUse Budget { get; set; } = RetryBudgetUse.Calls;

    /// <summary>
    /// How many retries each first attempt at the target pays for. A retry beyond the budget is not made: the request goes to another target or fails with its own
    /// error. Default: 0.1.
    /// </summary>
    public double BudgetShare { get; set; } = 0.1;

    /// <summary>How many retries the budget allows besides, however few first attempts there are. Default: 10.</summary>
    public int BudgetReserve { get; set; } = 10;

    /// <summary>Over which time the budget counts. Default: 60 s.</summary>
    public TimeSpan BudgetWindow { get; set; } = TimeSpan.FromSeconds(60);

    internal void Check(SettingsCheck check)
    {
        check.Range("Retry.BudgetShare", BudgetShare, 0.0, 1_000.0);
        check.Range("Retry.BudgetReserve", BudgetReserve, 0, 1_000_000);
        check.Range("Retry.BudgetWindow", BudgetWindow, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1));
        check.Range("Retry.MaxRetries", MaxRetries, 0, 1_000);
        check.Range("Retry.InitialDelay", InitialDelay, TimeSpan.Zero, TimeSpan.FromHours(1));
        check.Range("Retry.MaxDelay", MaxDelay, TimeSpan.Zero, TimeSpan.FromDays(1));
        check.Range("Retry.BackoffMultiplier", BackoffMultiplier, 1.0, 100.0);
        check.Range("Retry.MaxServerDelay", MaxServerDelay, TimeSpan.Zero, TimeSpan.FromDays(1));
        if (InitialDelay > MaxDelay)
        {
            check.Add($"Retry.InitialDelay ({Duration.ToText(InitialDelay)}) is longer than Retry.MaxDelay ({Duration.ToText(MaxDelay)}); lower the one or raise the other.");
        }
    }
}

/// <summary>Whose retries a budget bounds.</summary>
public enum RetryBudgetUse
{
    /// <summary>Those of calls, whose callers would rather have an error now than a target that never recovers.</summary>
    Calls,

    /// <summary>Those of calls and of streams.</summary>
    All,

    /// <summary>Nobody's.</summary>
    None,
}

/// <summary>How a backoff is spread over time, so that many requests that failed together do not come back together.</summary>
public enum Jitter
{
    /// <summary>Anywhere between zero and the backoff ("full jitter", Brooker, AWS Architecture Blog, 2015): the least load at a recovering target.</summary>
    Full,

    /// <summary>Between half the backoff and the backoff.</summary>
    Half,

    /// <summary>Exactly the backoff. For tests, and for a target with one client.</summary>
    None,
}
