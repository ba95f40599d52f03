namespace AiLib.Dataflow.Capacity;

/// <summary>How many requests and LLM tokens a target allows over time; nothing set means no limit but what the target tells. Printing it shows its values.</summary>
public sealed record RateLimiterOptions
{
    /// <summary>Requests per second; fractions are allowed (0.5 is one in two seconds). Default: no limit.</summary>
    public double? RequestsPerSecond { get; set; }

    /// <summary>Requests per minute. Default: no limit.</summary>
    public long? RequestsPerMinute { get; set; }

    /// <summary>LLM tokens per minute, input and output together, against <see cref="RequestOptions.Cost"/>. Default: no limit.</summary>
    public long? TokensPerMinute { get; set; }

    /// <summary>
    /// LLM tokens of prompts per minute, against <see cref="RequestOptions.TokenCost"/>. A cost of which only the total is known is taken in full. Default: no limit.
    /// </summary>
    public long? InputTokensPerMinute { get; set; }

    /// <summary>LLM tokens of answers per minute, likewise. Default: no limit.</summary>
    public long? OutputTokensPerMinute { get; set; }

    /// <summary>
    /// Requests per day. All of a day's may go at once; what was taken comes back evenly over a day. While it is used up for longer than
    /// <see cref="Recovery.RetryOptions.MaxServerDelay"/> the target is unavailable. Default: no limit.
    /// </summary>
    public long? RequestsPerDay { get; set; }

    /// <summary>LLM tokens per day, input and output together, likewise; also the largest cost that can ever pass. Default: no limit.</summary>
    public long? TokensPerDay { get; set; }

    /// <summary>
    /// How many requests may go at once after a pause. Over any window of length w at most rate × w + burst start.
    /// Default: one second's worth of the rate, at least 1.
    /// </summary>
    public long? BurstSize { get; set; }

    /// <summary>How many LLM tokens may go at once after a pause; also the largest cost that can ever pass. Default: one minute's worth.</summary>
    public long? TokenBurst { get; set; }

    /// <summary>How many LLM tokens of prompts may go at once after a pause; also the longest prompt that can ever pass. Default: one minute's worth.</summary>
    public long? InputTokenBurst { get; set; }

    /// <summary>How many LLM tokens of answers may go at once after a pause; also the longest answer that can ever be reserved. Default: one minute's worth.</summary>
    public long? OutputTokenBurst { get; set; }

    /// <summary>
    /// The share of each rate, configured or learned, that is left unused. A target counts when requests arrive and by what they really cost, and this limiter when they leave
    /// and by estimates; without a margin the two drift apart and the target refuses the rest. Default: 0, all is used; <c>ailib run</c> leaves 0.005.
    /// </summary>
    public double Headroom { get; set; }

    /// <summary>
    /// The same for requests a second and a minute, which need no estimate. A target that counts in slices of a second takes all of them from whoever keeps exactly its pace, and refuses again and again
    /// whoever keeps almost its pace, where its limit is no whole number a second. Default: null, as <see cref="Headroom"/>; <c>ailib run</c> leaves 0.
    /// </summary>
    public double? RequestHeadroom { get; set; }

    /// <summary>
    /// Whether what the target says about its quotas (<see cref="Outcome{TResponse}.Readings"/>) tightens these limits, and is the limit where none is set here.
    /// Default: true.
    /// </summary>
    public bool LearnsFromAnswers { get; set; } = true;

    /// <summary>Whether anything is limited.</summary>
    internal bool IsAny => (RequestsPerSecond ?? RequestsPerMinute ?? TokensPerMinute ?? InputTokensPerMinute ?? OutputTokensPerMinute ?? RequestsPerDay ?? TokensPerDay) is not null;

    internal void Check(SettingsCheck check)
    {
        if (RequestsPerSecond is { } rps && !(rps is >= 0.001 and <= 1_000_000_000))
        {
            check.Add(FormattableString.Invariant($"RateLimiter.RequestsPerSecond is {rps}; it must be from 0.001 to 1000000000, or not set for no limit."));
        }

        check.Range("RateLimiter.RequestsPerMinute", RequestsPerMinute, 1, 60_000_000);
        check.Range("RateLimiter.TokensPerMinute", TokensPerMinute, 1, 100_000_000_000);
        check.Range("RateLimiter.InputTokensPerMinute", InputTokensPerMinute, 1, 100_000_000_000);
        check.Range("RateLimiter.OutputTokensPerMinute", OutputTokensPerMinute, 1, 100_000_000_000);
        check.Range("RateLimiter.RequestsPerDay", RequestsPerDay, 1, 10_000_000_000);
        check.Range("RateLimiter.TokensPerDay", TokensPerDay, 1, 10_000_000_000_000);
        check.Range("RateLimiter.BurstSize", BurstSize, 1, 1_000_000_000);
        check.Range("RateLimiter.TokenBurst", TokenBurst, 1, 100_000_000_000);
        check.Range("RateLimiter.InputTokenBurst", InputTokenBurst, 1, 100_000_000_000);
        check.Range("RateLimiter.OutputTokenBurst", OutputTokenBurst, 1, 100_000_000_000);
        check.Range("RateLimiter.Headroom", Headroom, 0, 0.5);
        check.Range("RateLimiter.RequestHeadroom", RequestHeadroom, 0, 0.5);
        if (BurstSize is not null && RequestsPerSecond is null && RequestsPerMinute is null)
        {
            check.Add($"RateLimiter.BurstSize is {BurstSize}, but neither RequestsPerSecond nor RequestsPerMinute is set; set one of them or leave BurstSize out.");
        }

        if (TokenBurst is not null && TokensPerMinute is null)
        {
            check.Add($"RateLimiter.TokenBurst is {TokenBurst}, but TokensPerMinute is not set; set it or leave TokenBurst out.");
        }

        if (InputTokenBurst is not null && InputTokensPerMinute is null)
        {
            check.Add($"RateLimiter.InputTokenBurst is {InputTokenBurst}, but InputTokensPerMinute is not set; set it or leave InputTokenBurst out.");
        }

        if (OutputTokenBurst is not null && OutputTokensPerMinute is null)
        {
            check.Add($"RateLimiter.OutputTokenBurst is {OutputTokenBurst}, but OutputTokensPerMinute is not set; set it or leave OutputTokenBurst out.");
        }
    }
}
