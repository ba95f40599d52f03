using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Providers;

/// <summary>A provider as data: where it is, how it is shown a key, and where that key is found.</summary>
/// <param name="Id">The id, lower case, such as <c>openai</c>.</param>
/// <param name="BaseAddress">The API root as the SDKs take it, such as <c>https://api.openai.com/v1</c>; null when every user has another one.</param>
/// <param name="KeyVariable">The environment variable that holds the key.</param>
/// <param name="Dialect">How the key is shown.</param>
/// <param name="KeyRequired">Whether the provider refuses calls without a key.</param>
/// <remarks>Immutable.</remarks>
public sealed record ProviderInfo(string Id, Uri? BaseAddress, string KeyVariable, Dialect Dialect, bool KeyRequired)
{
    /// <summary>What the provider counts against its limits on tokens. Default: <see cref="QuotaCounting.OnArrival"/>, which never counts too little.</summary>
    public QuotaCounting Counting { get; init; } = QuotaCounting.OnArrival;

    /// <summary>Whether the user has to say where the provider is.</summary>
    public bool NeedsBaseAddress => BaseAddress is null;
}
