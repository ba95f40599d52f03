using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Hosting;

/// <summary>What a configuration section may say about a target: the properties of <see cref="TargetLimits"/>, which only a pipeline can make.</summary>
internal sealed class TargetSection
{
    /// <summary>The limit in flight; null when the section does not say.</summary>
    public int? MaxInflight { get; set; }

    /// <summary>The limits over time.</summary>
    public RateLimiterOptions RateLimiter { get; set; } = new();
}
