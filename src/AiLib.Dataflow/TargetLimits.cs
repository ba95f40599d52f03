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

    /// <summary>The most attempts in flight; 0 means no limit. Not for a target whose <see cref="TargetOptions.AdaptiveLimit"/> is set, where the limit finds itself.</summary>
    public int MaxInflight { get; set; }

    /// <summary>Whether the limit in flight was changed: one that finds itself may be another by now, and nobody has changed it.</summary>
    internal bool ChangesMaxInflight => MaxInflight != _maxInflightBefore;

    internal void Check(SettingsCheck check, TargetOptions options)
    {
        if (RateLimiter is null)
        {
            check.Add("RateLimiter is null; leave it as it is, or set new options.");
            return;
        }

        RateLimiter.Check(check);
        new BackpressureOptions { MaxInflight = MaxInflight }.Check(check);
        if (!ChangesMaxInflight)
        {
            return;
        }

        if (options.AdaptiveLimit is not null)
        {
            check.Add($"MaxInflight is set to {MaxInflight}, but AdaptiveLimit is set, which finds it; leave MaxInflight as it is.");
        }
        else if (MaxInflight > options.EffectiveSlots)
        {
            check.Add($"MaxInflight is {MaxInflight}, but the target was built with {options.EffectiveSlots} slots, so it could never be reached; build it with more Slots.");
        }
    }
}
