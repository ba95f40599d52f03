namespace AiLib.Dataflow.Signals;

/// <summary>What keeps a target, or the whole pipeline, from doing more at a moment. Exactly one at each moment; <see cref="ConstraintTimes"/> adds up for how long each did.</summary>
public enum Constraint
{
    /// <summary>Nothing: there is nothing to do.</summary>
    None,

    /// <summary>Requests: more could start now than the source brings.</summary>
    Input,

    /// <summary>Request credits: what waits is held up by a limit of requests over time, configured or told by the target.</summary>
    RequestCredits,

    /// <summary>Token credits: what waits is held up by a limit of LLM tokens over time, configured or told by the target.</summary>
    TokenCredits,

    /// <summary>The number of attempts in flight: what waits is held up by <c>MaxInflight</c>, or most slots are held by attempts.</summary>
    InFlight,

    /// <summary>
    /// The target's own time to answer: attempts are in flight and nothing waits that could start as well; or an in-flight limit that finds itself has found that
    /// the target takes no more.
    /// </summary>
    ProviderLatency,

    /// <summary>The waits before retries: nothing is left to do but to wait for their time, or most slots are held by them.</summary>
    RetryWait,

    /// <summary>The consumer of a stream: answers that it has not taken hold the slots.</summary>
    Consumer,

    /// <summary>The target cannot be called: its circuit is open, it asked to be left alone, or it is parked.</summary>
    Unavailable,
}
