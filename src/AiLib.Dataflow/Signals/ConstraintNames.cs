namespace AiLib.Dataflow.Signals;

/// <summary>How constraints are called in print.</summary>
public static class ConstraintNames
{
    /// <summary>The constraint as it is printed in files, metrics and reports: lower case, words joined by an underscore.</summary>
    public static string ToText(this Constraint constraint) => constraint switch
    {
        Constraint.None => "none",
        Constraint.Input => "input",
        Constraint.RequestCredits => "request_credits",
        Constraint.TokenCredits => "token_credits",
        Constraint.InFlight => "in_flight",
        Constraint.ProviderLatency => "provider_latency",
        Constraint.RetryWait => "retry_wait",
        Constraint.Consumer => "consumer",
        Constraint.Unavailable => "unavailable",
        _ => throw new ArgumentOutOfRangeException(nameof(constraint), constraint, "There is no such constraint."),
    };
}
