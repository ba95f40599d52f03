namespace AiLib.Dataflow.Scenarios;

/// <summary>One rival in one scenario.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Rival">Who ran.</param>
/// <param name="Took">How long it took for all.</param>
/// <param name="OverBest">That time over the best possible one.</param>
internal sealed record ScenarioRow(string Scenario, string Rival, TimeSpan Took, double OverBest);
