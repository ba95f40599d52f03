namespace AiLib.Dataflow.Providers.Tests.Errors;

/// <summary>One error answer as a provider sends it, what it must be taken for, and what must follow.</summary>
public sealed record ErrorFixture(
    string Name, string Provider, int Status, string Body, ProviderErrorCode Code, Then Then, double? WaitSeconds = null, params string[] Headers)
{
    public override string ToString() => $"{Provider} {Status}: {Name}";

    /// <summary>Headers are given as "name: value".</summary>
    public string? Find(string name) =>
        Headers.Where(header => header.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase)).Select(header => header[(name.Length + 2)..]).FirstOrDefault();
}
