namespace AiLib.Dataflow;

/// <summary>The stages in the order in which a request passes them. Add a stage here first.</summary>
public enum PipelineStage
{
    /// <summary>May the request enter at all?</summary>
    Preflight,

    /// <summary>The one place to wait for room in the pipeline.</summary>
    Door,

    /// <summary>Waiting in a lane for credits, or for a circuit to close.</summary>
    RateGate,

    /// <summary>Waiting in a lane for a permit.</summary>
    InFlight,

    /// <summary>One attempt at one endpoint.</summary>
    Dispatch,

    /// <summary>Waiting for the next attempt at the same target; holds nothing but its slot.</summary>
    Retry,

    /// <summary>Moving to the next target in fallback order.</summary>
    Redirect,

    /// <summary>Answered; the slot is held until the answer has been taken.</summary>
    Settlement,
}
