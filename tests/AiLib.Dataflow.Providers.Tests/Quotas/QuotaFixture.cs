namespace AiLib.Dataflow.Providers.Tests.Quotas;

/// <summary>The headers of one answer, and what must be read in them.</summary>
public sealed record QuotaFixture(string Name, string Provider, string[] Headers, params QuotaReading[] Readings)
{
    /// <summary>How many values are nonsense.</summary>
    public int Ignored { get; init; }

    public override string ToString() => $"{Provider}: {Name}";

    /// <summary>Headers are given as "name: value".</summary>
    public string? Find(string name) =>
        Headers.Where(header => header.StartsWith(name + ": ", StringComparison.Ordinal)).Select(header => header[(name.Length + 2)..]).FirstOrDefault();
}
