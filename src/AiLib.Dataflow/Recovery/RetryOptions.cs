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

    internal void Check(SettingsCheck check)
    {
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
