using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow;

/// <summary>The limits of a target that can change while its pipeline runs, for <see cref="RequestPipeline{TRequest, TResponse}.UpdateLimits"/>.</summary>
public sealed class TargetLimits
{
    private readonly int _maxInflightBefore;

    internal TargetLimits(RateLimiterOptions rateLimiter, int maxInflight)
    {
        _maxInflightBefore = maxInflight;
        RateLimiter = rateLimiter;
        MaxInflight = maxInflight;
    }

    /// <summary>How many requests and LLM tokens over time. What the target tells still tightens it.</summary>
    public RateLimiterOptions RateLimiter { get; set; }

    /// <summary>
    /// The most attempts in flight; 0 means no limit. For a target whose <see cref="TargetOptions.AdaptiveLimit"/> is set, the most that the limit may come to,
    /// in place of <see cref="Capacity.Limits.AdaptiveLimitOptions.Max"/>: it goes on finding itself below that.
    /// </summary>
    public int MaxInflight { get; set; }

    /// <summary>Whether the limit in flight was changed.</summary>
    internal bool ChangesMaxInflight => MaxInflight != _maxInflightBefore;

    /// <summary>Checks what is for a pool: its members have their own limits in flight.</summary>
    internal void CheckShared(SettingsCheck check)
    {
        CheckRates(check);
        if (ChangesMaxInflight)
        {
            check.Add($"MaxInflight is {MaxInflight}, but a pool has no limit in flight of its own; set it for its members.");
        }
    }

    internal void Check(SettingsCheck check, TargetOptions options)
    {
        if (!CheckRates(check))
        {
            return;
        }

        new BackpressureOptions { MaxInflight = MaxInflight }.Check(check);
        if (!ChangesMaxInflight)
        {
            return;
        }

        if (options.AdaptiveLimit is { } adaptive && MaxInflight < adaptive.Min)
        {
            check.Add($"MaxInflight is {MaxInflight}, but AdaptiveLimit is set, whose Min is {adaptive.Min}; the most that it may come to must be at least that.");
        }
        else if (MaxInflight > options.EffectiveSlots)
        {
            check.Add($"MaxInflight is {MaxInflight}, but the target was built with {options.EffectiveSlots} slots, so it could never be reached; build it with more Slots.");
        }
    }

    private bool CheckRates(SettingsCheck check)
    {
        if (RateLimiter is null)
        {
            check.Add("RateLimiter is null; leave it as it is, or set new options.");
            return false;
        }

        RateLimiter.Check(check);
        return true;
    }
}
