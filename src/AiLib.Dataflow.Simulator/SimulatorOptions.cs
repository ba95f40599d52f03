namespace AiLib.Dataflow.Simulator;

/// <summary>How a simulated provider behaves.</summary>
public sealed record class SimulatorOptions
{
    /// <summary>The TCP port on 127.0.0.1; 0 takes any free one. Default: 0.</summary>
    public int Port { get; set; }

    /// <summary>The seed of answers, faults and jitter: the same seed and request give the same result. Default: 1.</summary>
    public long Seed { get; set; } = 1;

    /// <summary>The limit on requests per minute; null is no limit. Default: null.</summary>
    public long? RequestsPerMinute { get; set; }

    /// <summary>
    /// The limit on tokens per minute; null is no limit. OpenAI's paths count the prompt and <c>max_tokens</c> on arrival,
    /// Anthropic's the prompt and the real answer. Default: null.
    /// </summary>
    public long? TokensPerMinute { get; set; }

    /// <summary>The limit on tokens of prompts per minute; null is no limit. Default: null.</summary>
    public long? InputTokensPerMinute { get; set; }

    /// <summary>The limit on tokens of answers per minute, counted as for <see cref="TokensPerMinute"/>; null is no limit. Default: null.</summary>
    public long? OutputTokensPerMinute { get; set; }

    /// <summary>
    /// The limit on requests per day, up to 10,000,000; null is no limit. All of them may come at once, and come back evenly over a day, whatever <see cref="LimitKind"/> says.
    /// Default: null.
    /// </summary>
    public long? RequestsPerDay { get; set; }

    /// <summary>The limit on tokens per day, likewise. Default: null.</summary>
    public long? TokensPerDay { get; set; }

    /// <summary>How many requests may be in the server at once, above which it answers 429; 0 is no limit. Default: 0.</summary>
    public int MaxConcurrent { get; set; }

    /// <summary>How requests and tokens are counted. Default: <see cref="LimitKind.TokenBucket"/>.</summary>
    public LimitKind LimitKind { get; set; } = LimitKind.TokenBucket;

    /// <summary>
    /// How requests are counted where it is not as tokens are: OpenAI, Azure and Anthropic enforce a limit on requests in slices of a second or a few. Default: null, as
    /// <see cref="LimitKind"/> says.
    /// </summary>
    public LimitKind? RequestLimitKind { get; set; }

    /// <summary>How much time's worth of its limit a full token bucket holds, up to ten minutes. Default: one minute.</summary>
    public TimeSpan Burst { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the server thinks before the first token. Default: zero.</summary>
    public TimeSpan TimeToFirstToken { get; set; }

    /// <summary>How long each token of the answer takes. Default: zero.</summary>
    public TimeSpan TimePerToken { get; set; }

    /// <summary>
    /// How much latencies differ between requests: the standard deviation of the logarithm of a factor with mean one, from 0 (all alike)
    /// to 2 (wild). Default: 0.
    /// </summary>
    public double Jitter { get; set; }

    /// <summary>The largest answer in tokens, also where a request does not say <c>max_tokens</c>. Default: 64.</summary>
    public int AnswerTokens { get; set; } = 64;

    /// <summary>Which share of the requests fails, and how. Default: <see cref="FaultRates.None"/>.</summary>
    public FaultRates Faults { get; set; } = FaultRates.None;

    /// <summary>The <c>Retry-After</c> of an injected 429. Default: one second.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The only key that is accepted; null accepts every request. Default: null.</summary>
    public string? ApiKey { get; set; }

    /// <summary>How many arrivals the history keeps, the newest ones; 0 keeps none. Default: 1,000,000.</summary>
    public int HistoryCapacity { get; set; } = 1_000_000;

    /// <summary>Throws when a value is impossible, with the option and the value in the message.</summary>
    internal void Validate()
    {
        Check(Port is >= 0 and <= 65_535, nameof(Port), Port, "from 0 to 65535");
        Check(RequestsPerMinute is null or (>= 1 and <= MaxLimit), nameof(RequestsPerMinute), RequestsPerMinute, "from 1 to 1,000,000,000, or null");
        Check(TokensPerMinute is null or (>= 1 and <= MaxLimit), nameof(TokensPerMinute), TokensPerMinute, "from 1 to 1,000,000,000, or null");
        Check(InputTokensPerMinute is null or (>= 1 and <= MaxLimit), nameof(InputTokensPerMinute), InputTokensPerMinute, "from 1 to 1,000,000,000, or null");
        Check(OutputTokensPerMinute is null or (>= 1 and <= MaxLimit), nameof(OutputTokensPerMinute), OutputTokensPerMinute, "from 1 to 1,000,000,000, or null");
        Check(RequestsPerDay is null or (>= 1 and <= MaxDayLimit), nameof(RequestsPerDay), RequestsPerDay, "from 1 to 10,000,000, or null");
        Check(TokensPerDay is null or (>= 1 and <= MaxDayLimit), nameof(TokensPerDay), TokensPerDay, "from 1 to 10,000,000, or null");
        Check(MaxConcurrent >= 0, nameof(MaxConcurrent), MaxConcurrent, "at least 0");
        Check(Enum.IsDefined(LimitKind), nameof(LimitKind), LimitKind, "a kind of limit");
        Check(RequestLimitKind is not { } kind || Enum.IsDefined(kind), nameof(RequestLimitKind), RequestLimitKind, "a kind of limit, or null");
        Check(Burst > TimeSpan.Zero && Burst <= MaxBurst, nameof(Burst), Burst, "above zero and at most ten minutes");
        CheckDuration(TimeToFirstToken, nameof(TimeToFirstToken));
        CheckDuration(TimePerToken, nameof(TimePerToken));
        CheckDuration(RetryAfter, nameof(RetryAfter));
        Check(Jitter is >= 0 and <= 2, nameof(Jitter), Jitter, "from 0 to 2");
        Check(AnswerTokens is >= 1 and <= 100_000, nameof(AnswerTokens), AnswerTokens, "from 1 to 100,000");
        Check(Faults is not null, nameof(Faults), Faults, "not null; use FaultRates.None");
        Check(ApiKey is null or { Length: > 0 }, nameof(ApiKey), "\"\"", "null or not empty");
        Check(HistoryCapacity is >= 0 and <= 100_000_000, nameof(HistoryCapacity), HistoryCapacity, "from 0 to 100,000,000");
    }

    // A bucket of ten minutes at this rate, in credits times ticks of a minute, still fits 63 bits.
    private const long MaxLimit = 1_000_000_000;

    // So does a bucket of a day, in credits times ticks of a day.
    private const long MaxDayLimit = 10_000_000;

    private static readonly TimeSpan MaxBurst = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan MaxDuration = TimeSpan.FromDays(1);

    private static void CheckDuration(TimeSpan value, string option) =>
        Check(value >= TimeSpan.Zero && value <= MaxDuration, option, value, "from zero to one day");

    private static void Check(bool valid, string option, object? value, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException(FormattableString.Invariant($"{option} is {value}; it must be {expected}."), option);
        }
    }
}
