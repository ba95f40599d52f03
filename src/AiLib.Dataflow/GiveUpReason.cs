namespace AiLib.Dataflow;

/// <summary>What the one who gives a request up tells its owner.</summary>
internal readonly record struct GivenUpFacts<TRequest, TResponse>(
    ITicketOwner<TRequest, TResponse> Owner, long OwnerVersion, int LastLane, int Attempts, long AdmittedAt, Exception? LastError);

/// <summary>Why a request was given up.</summary>
internal enum GiveUpReason
{
    None,

    /// <summary>Its caller cancelled it.</summary>
    Caller,

    /// <summary>Its deadline passed.</summary>
    Deadline,

    /// <summary>The pipeline stops and its time to drain is over.</summary>
    Stopping,
}
