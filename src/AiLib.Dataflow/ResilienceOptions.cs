using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Recovery;

namespace AiLib.Dataflow;

/// <summary>The four settings of one target together: retry, rate limit, circuit breaker, in-flight limit. Printing it shows its values.</summary>
public record ResilienceOptions
{
    /// <summary>How often and after which waits the target is tried again.</summary>
    public RetryOptions Retry { get; set; } = new();

    /// <summary>How many requests and LLM tokens the target allows over time. Default: no limit.</summary>
    public RateLimiterOptions RateLimiter { get; set; } = new();

    /// <summary>When the target counts as unhealthy.</summary>
    public CircuitBreakerOptions CircuitBreaker { get; set; } = new();

    /// <summary>How many attempts may be in flight.</summary>
    public BackpressureOptions Backpressure { get; set; } = new();

    /// <summary>The defaults with the <c>AI_LIB_*</c> environment variables laid over them.</summary>
    /// <exception cref="ConfigurationException">A variable does not parse; the message names it and its value.</exception>
    public static ResilienceOptions FromEnvironment()
    {
        ResilienceOptions options = new();
        options.ApplyEnvironment(Environment.GetEnvironmentVariable);
        return options;
    }

    /// <summary>Lays the <c>AI_LIB_*</c> variables over these options.</summary>
    internal void ApplyEnvironment(Func<string, string?> read)
    {
        SettingsCheck check = new();
        EnvironmentSettings.Apply(this, read, check);
        check.ThrowIfAny();
    }

    internal virtual void Check(SettingsCheck check)
    {
        Retry.Check(check);
        RateLimiter.Check(check);
        CircuitBreaker.Check(check);
        Backpressure.Check(check);
    }
}
