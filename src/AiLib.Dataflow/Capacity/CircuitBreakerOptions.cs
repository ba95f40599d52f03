namespace AiLib.Dataflow.Capacity;

/// <summary>When a target counts as unhealthy and for how long it is left alone. Printing it shows its values.</summary>
public sealed record CircuitBreakerOptions
{
    /// <summary>So many failures in a row open the circuit; 0 switches this rule off. Default: 5.</summary>
    public int FailureThreshold { get; set; } = 5;

    /// <summary>How long an open circuit lets nothing through. Default: 30 s.</summary>
    public TimeSpan Cooldown { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// This share of failures within <see cref="SamplingWindow"/> opens the circuit too, so that a target that fails every second call trips although it
    /// never fails often in a row; 0 switches this rule off. Default: 0.5.
    /// </summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>The share is not judged below so many calls in the window. Default: 20.</summary>
    public int MinimumCalls { get; set; } = 20;

    /// <summary>The window of the share. Default: 30 s.</summary>
    public TimeSpan SamplingWindow { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many calls may probe a half-open circuit at once; everyone else is turned away, not queued. Default: 1.</summary>
    public int MaxProbes { get; set; } = 1;

    /// <summary>How many probes must succeed to close the circuit. Default: 1.</summary>
    public int ProbesToClose { get; set; } = 1;

    /// <summary>A probe that is silent for so long counts as failed. Default: 60 s.</summary>
    public TimeSpan ProbeLease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether anything can open the circuit. Default: true.</summary>
    internal bool IsEnabled => FailureThreshold > 0 || FailureRatio > 0;

    internal void Check(SettingsCheck check)
    {
        check.Range("CircuitBreaker.FailureThreshold", FailureThreshold, 0, 1_000_000);
        check.Range("CircuitBreaker.Cooldown", Cooldown, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
        check.Range("CircuitBreaker.FailureRatio", FailureRatio, 0.0, 1.0);
        check.Range("CircuitBreaker.MinimumCalls", MinimumCalls, 1, 1_000_000);
        check.Range("CircuitBreaker.SamplingWindow", SamplingWindow, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1));
        check.Range("CircuitBreaker.MaxProbes", MaxProbes, 1, 1_000);
        check.Range("CircuitBreaker.ProbesToClose", ProbesToClose, 1, 1_000);
        check.Range("CircuitBreaker.ProbeLease", ProbeLease, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
    }
}
