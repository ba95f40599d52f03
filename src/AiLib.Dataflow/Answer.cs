namespace AiLib.Dataflow;

/// <summary>What a caller is told.</summary>
/// <param name="Outcome">The last attempt's outcome, or the reason why there was none.</param>
/// <param name="Target">The target of the last attempt; null when there was no attempt.</param>
/// <param name="Attempts">How many attempts were made.</param>
/// <param name="Elapsed">The time from admission to settlement.</param>
internal readonly record struct Answer<TResponse>(Outcome<TResponse> Outcome, string? Target, int Attempts, TimeSpan Elapsed);
