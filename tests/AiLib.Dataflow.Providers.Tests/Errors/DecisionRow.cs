namespace AiLib.Dataflow.Providers.Tests.Errors;

/// <summary>One row of the decision table, and the fixtures that show it.</summary>
internal sealed record DecisionRow(string Signal, ProviderErrorCode Code, Then[] Then, params string[] Fixtures);
