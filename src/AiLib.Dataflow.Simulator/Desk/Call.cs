namespace AiLib.Dataflow.Simulator.Desk;

/// <summary>A well-formed request as it stands before the front desk.</summary>
/// <param name="Path">The path that was asked for.</param>
/// <param name="ClientRequestId">The client's own id, or null.</param>
/// <param name="Fingerprint">The hash of path and body.</param>
/// <param name="PromptTokens">The tokens in the request.</param>
/// <param name="CompletionTokens">The tokens its answer will have.</param>
/// <param name="ChargedTokens">The tokens that count against the limit.</param>
/// <param name="Streamed">True when it asks for a stream.</param>
internal readonly record struct Call(
    string Path,
    string? ClientRequestId,
    ulong Fingerprint,
    int PromptTokens,
    int CompletionTokens,
    long ChargedTokens,
    bool Streamed);
