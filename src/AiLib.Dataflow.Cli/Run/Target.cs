using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>One target of a run: complete and checked, but for the address of a simulator that has not been started.</summary>
/// <param name="Id">As it was written.</param>
/// <param name="Options">Where it is and with which key; null for the embedded simulator.</param>
/// <param name="Model">The model that it sets; null when requests keep theirs.</param>
internal sealed record Target(string Id, ProviderEndpointOptions? Options, string? Model)
{
    /// <summary>The pool that it is a member of, with one key of several; null for a target of its own.</summary>
    public string? Pool { get; init; }

    /// <summary>What it asks for LLM tokens; null when nobody said.</summary>
    public TokenPrices? Prices { get; init; }

    /// <summary>What it counts against its limits on tokens. The simulator counts on arrival, and so does, as far as anyone knows, an unknown provider.</summary>
    public QuotaCounting Counting =>
        Options is { } options && ProviderCatalog.TryFind(options.ProviderId, out ProviderInfo? provider) ? provider.Counting : QuotaCounting.OnArrival;

    /// <summary>Whether the embedded simulator answers.</summary>
    public bool IsEmbedded => Options is null;

    /// <summary>How to reach it.</summary>
    /// <param name="simulator">The address of the embedded simulator, where one runs.</param>
    public ProviderEndpointOptions Reach(Uri? simulator) =>
        (Options ?? new ProviderEndpointOptions { BaseAddress = simulator!, ProviderId = TargetList.Simulator }) with { Model = Model };
}
