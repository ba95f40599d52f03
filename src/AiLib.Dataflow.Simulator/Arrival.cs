namespace AiLib.Dataflow.Simulator;

/// <summary>One request that reached the simulator, and what was decided about it on arrival.</summary>
/// <param name="Sequence">Its number, counted from one in the order of decisions.</param>
/// <param name="At">The time since the start of the server; never less than that of an earlier arrival.</param>
/// <param name="Path">The path that was asked for.</param>
/// <param name="ClientRequestId">The request's <c>x-client-request-id</c> header, or null.</param>
/// <param name="Fingerprint">A hash of path and body, the same for every attempt of a request; zero when no body was read.</param>
/// <param name="Attempt">How often this path and body have arrived, this time included; zero when no body was read.</param>
/// <param name="Decision">What became of it.</param>
/// <param name="Fault">The injected fault, when there was one.</param>
/// <param name="Status">The HTTP status; zero when the connection was reset.</param>
/// <param name="PromptTokens">The tokens in the request.</param>
/// <param name="CompletionTokens">The tokens in the answer; zero when there was none.</param>
/// <param name="Streamed">True when the request asked for a stream.</param>
/// <param name="ChargedTokens">What was taken for it from the limit on tokens, as this provider counts; zero when it was turned away.</param>
public readonly record struct Arrival(
    long Sequence,
    TimeSpan At,
    string Path,
    string? ClientRequestId,
    ulong Fingerprint,
    int Attempt,
    ArrivalDecision Decision,
    FaultKind? Fault,
    int Status,
    int PromptTokens,
    int CompletionTokens,
    bool Streamed,
    long ChargedTokens);

/// <summary>What the simulator decided about a request on arrival.</summary>
public enum ArrivalDecision
{
    /// <summary>It was answered.</summary>
    Served,

    /// <summary>A limit turned it away.</summary>
    RateLimited,

    /// <summary>A fault was injected.</summary>
    Faulted,

    /// <summary>The request itself was wrong: its key, path, method or body.</summary>
    Rejected,
}
