namespace AiLib.Dataflow.Providers.Quotas;

/// <summary>How much a look for quotas found.</summary>
/// <param name="Readings">How many readings were filled in.</param>
/// <param name="Ignored">How many values were nonsense and therefore ignored.</param>
public readonly record struct QuotaTally(int Readings, int Ignored);
