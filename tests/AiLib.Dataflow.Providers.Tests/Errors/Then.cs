namespace AiLib.Dataflow.Providers.Tests.Errors;

/// <summary>The decision that follows from an error answer: retry, other target, and which wait.</summary>
public enum Then
{
    /// <summary>Retry here after the wait the provider asked for, or go to another target.</summary>
    WaitThenRetry,

    /// <summary>Retry here after a wait of our own, or go to another target: the provider asked for none.</summary>
    BackOff,

    /// <summary>No retry here; another target. This one will do again after the wait.</summary>
    Park,

    /// <summary>No retry here; another target. No wait makes this one better.</summary>
    Elsewhere,

    /// <summary>Retry here alone.</summary>
    SameTarget,

    /// <summary>Neither: the request is at fault, or its caller has gone.</summary>
    GiveUp,
}
