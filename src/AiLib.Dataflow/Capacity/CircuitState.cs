namespace AiLib.Dataflow.Capacity;

/// <summary>The state of a circuit breaker.</summary>
public enum CircuitState
{
    /// <summary>Everything passes.</summary>
    Closed,

    /// <summary>A few probes pass, to find out whether the target is back.</summary>
    HalfOpen,

    /// <summary>Nothing passes until the cool-down is over.</summary>
    Open,
}

/// <summary>The states in print.</summary>
public static class CircuitStates
{
    private static readonly string[] Texts = ["closed", "half_open", "open"];

    /// <summary><c>closed</c>, <c>half_open</c> or <c>open</c>, as everywhere in the ai-lib family.</summary>
    public static string ToText(this CircuitState state) => Texts[(int)state];
}

/// <summary>A circuit changed its state.</summary>
/// <param name="From">The state before.</param>
/// <param name="To">The state after.</param>
/// <param name="Generation">The number of the state that began; each change counts one up.</param>
/// <param name="OpenFor">How long it stays open, when it opened.</param>
public readonly record struct CircuitChange(CircuitState From, CircuitState To, long Generation, TimeSpan? OpenFor);

/// <summary>A call that a breaker let through. Report what came of it, once.</summary>
/// <param name="Generation">The state it began in; an outcome that comes after a change of state decides nothing.</param>
/// <param name="Probe">The number of the probe's lease; 0 for an ordinary call.</param>
public readonly record struct CircuitPass(long Generation, int Probe);
