using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary>What <c>--target</c> takes: <c>provider/model</c>, <c>provider</c>, or a name that a configuration file gives.</summary>
/// <param name="Provider">What stands before the first slash.</param>
/// <param name="Model">What stands behind it; null without one.</param>
internal sealed record TargetId(string Provider, string? Model)
{
    /// <summary>The provider that lives in this tool.</summary>
    public const string Simulator = "simulator";

    /// <summary>Every provider there is, for messages.</summary>
    public static string AllProviders { get; } = $"{string.Join(", ", ProviderCatalog.All.Select(known => known.Id))} and {Simulator}";

    /// <summary>Whether it begins with the name of a provider.</summary>
    public bool IsKnownProvider => IsSimulator || ProviderCatalog.TryFind(Provider, out _);

    /// <summary>Whether it is the simulator.</summary>
    public bool IsSimulator => string.Equals(Provider, Simulator, StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes an id apart.</summary>
    public static TargetId Of(string id)
    {
        int slash = id.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? new TargetId(id, Model: null) : new TargetId(id[..slash], id[(slash + 1)..]);
    }

    /// <summary>The provider; the simulator becomes one where it has an address, such as that of <c>ailib simulate</c>, and is null where it lives in this tool.</summary>
    /// <returns>Whether there is such a provider.</returns>
    public bool TryFindProvider(bool hasAddress, out ProviderInfo? provider)
    {
        if (IsSimulator)
        {
            provider = hasAddress ? new ProviderInfo(Simulator, BaseAddress: null, "SIMULATOR_API_KEY", Dialect.OpenAI, KeyRequired: false) : null;
            return true;
        }

        return ProviderCatalog.TryFind(Provider, out provider);
    }
}
