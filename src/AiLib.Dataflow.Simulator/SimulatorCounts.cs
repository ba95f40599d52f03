namespace AiLib.Dataflow.Simulator;

/// <summary>What the simulator has done since its start or its last reset; one consistent value.</summary>
/// <param name="Arrived">All requests, the control endpoint's left out.</param>
/// <param name="Served">Requests that were answered.</param>
/// <param name="RateLimited">Requests that a limit turned away.</param>
/// <param name="Faulted">Requests that got an injected fault.</param>
/// <param name="Rejected">Requests that were wrong in themselves.</param>
/// <param name="Abandoned">Requests, among those served and faulted, whose client left before the end.</param>
/// <param name="InFlight">Requests in the server now.</param>
/// <param name="MostInFlight">The most requests that were in the server at once.</param>
/// <param name="PromptTokens">Tokens of the requests served.</param>
/// <param name="CompletionTokens">Tokens of their answers.</param>
public readonly record struct SimulatorCounts(
    long Arrived,
    long Served,
    long RateLimited,
    long Faulted,
    long Rejected,
    long Abandoned,
    int InFlight,
    int MostInFlight,
    long PromptTokens,
    long CompletionTokens);
