using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.VirtualWorld;

/// <summary>What a provider of the virtual world allows, and how long it takes.</summary>
internal sealed record ProviderSettings
{
    private const double Jitter = 0.15;
    private static readonly TimeSpan FirstToken = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan EachToken = TimeSpan.FromMilliseconds(12);

    /// <summary>How it counts.</summary>
    public LimitKind Kind { get; init; } = LimitKind.TokenBucket;

    /// <summary>How it counts requests, where that is not as it counts tokens.</summary>
    public LimitKind? RequestKind { get; init; }

    /// <summary>Requests per minute; null for no limit.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>Tokens per minute; null for no limit.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>Whether answers say what is left.</summary>
    public bool SendsHeaders { get; init; }

    /// <summary>How many it works on at once, above which it rejects; 0 for any number.</summary>
    public int MaxConcurrent { get; init; }

    /// <summary>How many its batch holds without being slower for each; 0 when the number does not matter.</summary>
    public int BatchSize { get; init; }

    /// <summary>How long a request is under way before it is counted: from three quarters of this to five quarters, each as likely.</summary>
    public TimeSpan Way { get; init; }

    /// <summary>When it is dead: every call fails at once.</summary>
    public (TimeSpan From, TimeSpan Until) Dead { get; init; }

    /// <summary>The time for an answer of a length, alone.</summary>
    public static TimeSpan LatencyAlone(int index, int answerTokens) =>
        (FirstToken + (answerTokens * EachToken)) * Math.Exp((Jitter * JobSizes.Normal(index, 4)) - (Jitter * Jitter / 2));

    /// <summary>The share of the quota that became answers: of the limit that is nearer to its end.</summary>
    /// <param name="seen">What was answered.</param>
    /// <param name="from">From when on; a bucket is full at the beginning, which is a minute's worth more.</param>
    /// <param name="to">Until when.</param>
    public double UseOf(ProviderRecord.Second seen, TimeSpan from, TimeSpan to)
    {
        return Math.Max(
            seen.Answered / ((RequestsPerMinute ?? double.PositiveInfinity) * AllowedMinutes(RequestKind ?? Kind)),
            seen.Tokens / ((TokensPerMinute ?? double.PositiveInfinity) * AllowedMinutes(Kind)));

        double AllowedMinutes(LimitKind kind) => (to - from).TotalMinutes + (kind == LimitKind.TokenBucket && from == TimeSpan.Zero ? 1 : 0);
    }

    /// <summary>The simulator with these limits and latencies.</summary>
    public SimulatorOptions ToSimulator() => new()
    {
        LimitKind = Kind,
        RequestLimitKind = RequestKind,
        RequestsPerMinute = RequestsPerMinute,
        TokensPerMinute = TokensPerMinute,
        MaxConcurrent = MaxConcurrent,
        TimeToFirstToken = FirstToken,
        TimePerToken = EachToken,
        Jitter = Jitter,

        // Requests say how long an answer may be.
        AnswerTokens = 100_000,
    };
}
