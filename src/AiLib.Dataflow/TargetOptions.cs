using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow;

/// <summary>The settings of one target in a pipeline. Printing it shows its values.</summary>
public sealed record TargetOptions : ResilienceOptions
{
    /// <summary>How many slots does a lane have when its in-flight limit is 0, which is none?</summary>
    internal const int SlotsWithoutLimit = 1024;

    /// <summary>
    /// How many requests that started at this target may be in the pipeline at once, waiting, in flight or answered but not yet taken. They are this
    /// target's own: a target that stands still does not take another's. Default: 8 × <c>Backpressure.MaxInflight</c>, or × <c>AdaptiveLimit.Max</c>, at
    /// least 64; 1,024 without a limit. By Little's law a lane is kept busy by MaxInflight × (1 + share of retries × their wait ÷ the attempt's time) slots.
    /// </summary>
    public int? Slots { get; set; }

    /// <summary>
    /// Lets the in-flight limit find itself, between <see cref="AdaptiveLimitOptions.Min"/> and <see cref="AdaptiveLimitOptions.Max"/>; then
    /// <c>Backpressure.MaxInflight</c> is not used. For a target whose limit nobody knows, or that changes it. Default: null, the limit is fixed.
    /// </summary>
    public AdaptiveLimitOptions? AdaptiveLimit { get; set; }

    /// <summary>How long one attempt may take. Default: 600 s, what the providers' SDKs allow.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(600);

    /// <summary>
    /// Whether an attempt begins on the lane's own loop instead of the thread pool. On the loop it begins in the instant in which its credits were taken,
    /// however busy the pool is; but until its first await the lane starts nothing else, so an endpoint that works or blocks before that wants the pool.
    /// Default: null, on the loop while requests or tokens are rate-limited, by configuration or because the target told a limit, else on the pool.
    /// </summary>
    public bool? DispatchInline { get; set; }

    /// <summary>The number of slots in force.</summary>
    internal int EffectiveSlots => Slots ?? (LargestInflight == 0 ? SlotsWithoutLimit : Math.Max(64, 8 * LargestInflight));

    /// <summary>The most attempts that can ever be in flight; 0 when there is no limit.</summary>
    internal int LargestInflight => AdaptiveLimit?.Max ?? Backpressure.MaxInflight;

    /// <summary>The settings of the in-flight limiter at the beginning.</summary>
    internal Capacity.BackpressureOptions InflightAtStart => AdaptiveLimit is { } adaptive ? new() { MaxInflight = adaptive.Initial } : Backpressure;

    /// <summary>Takes the four settings over.</summary>
    internal void CopyFrom(ResilienceOptions options)
    {
        Retry = options.Retry with { };
        RateLimiter = options.RateLimiter with { };
        CircuitBreaker = options.CircuitBreaker with { };
        Backpressure = options.Backpressure with { };
    }

    /// <summary>A copy that shares nothing with this one.</summary>
    internal TargetOptions Copy() => this with
    {
        Retry = Retry with { },
        RateLimiter = RateLimiter with { },
        CircuitBreaker = CircuitBreaker with { },
        Backpressure = Backpressure with { },
        AdaptiveLimit = AdaptiveLimit is null ? null : AdaptiveLimit with { },
    };

    internal override void Check(SettingsCheck check)
    {
        base.Check(check);
        check.Range("Slots", Slots, 1, 10_000_000);
        check.Range("AttemptTimeout", AttemptTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
        AdaptiveLimit?.Check(check);
        if (Slots is { } few && AdaptiveLimit?.Max > few)
        {
            check.Add($"Slots ({few}) is less than AdaptiveLimit.Max ({AdaptiveLimit.Max}), which could then never be reached; raise the one or lower the other.");
        }
        else if (Slots is { } slots && AdaptiveLimit is null && Backpressure.MaxInflight > slots)
        {
            check.Add($"Slots ({slots}) is less than Backpressure.MaxInflight ({Backpressure.MaxInflight}), which could then never be reached; raise the one or lower the other.");
        }
    }
}
