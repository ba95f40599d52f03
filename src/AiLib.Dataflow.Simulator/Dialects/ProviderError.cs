namespace AiLib.Dataflow.Simulator.Dialects;

/// <summary>An error as a provider words it; a dialect that has no code or parameter ignores them.</summary>
internal readonly record struct ProviderError(int Status, string Type, string Message, string? Code = null, string? Parameter = null);
