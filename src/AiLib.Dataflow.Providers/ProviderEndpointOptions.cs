using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Providers;

/// <summary>Where an endpoint sends requests, with which key, and how far it trusts what comes back.</summary>
/// <remarks>Immutable. Checked when the endpoint is built. Printing it shows no key.</remarks>
public sealed record ProviderEndpointOptions
{
    /// <summary>
    /// The API root as the SDKs take it, such as <c>https://api.openai.com/v1</c>: a request for <c>/v1/chat/completions</c> goes to that root with the
    /// part after <c>/v1</c>. Azure roots may carry one query, <c>?api-version=…</c>.
    /// </summary>
    public required Uri BaseAddress { get; init; }

    /// <summary>The provider's id in the catalogue, for messages and for errors that mean something else there. Default: <c>compatible</c>.</summary>
    public string ProviderId { get; init; } = "compatible";

    /// <summary>How the key is shown. Default: <see cref="Providers.Dialect.OpenAI"/>.</summary>
    public Dialect Dialect { get; init; }

    /// <summary>The key; it goes to the authority (scheme, host and port) of <see cref="BaseAddress"/> and nowhere else. Default: none.</summary>
    public Secret? Key { get; init; }

    /// <summary>When set, replaces the top-level <c>model</c> of every request. Default: null, bodies are sent as they are.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// Says what a request takes in LLM tokens before it is sent, where a limit counts them; it may be asked several times for each request. Default: by its characters, without a
    /// vocabulary; <c>ExactTokenEstimator</c> of AiLib.Dataflow.Tokenizers counts.
    /// </summary>
    public ITokenEstimator Estimator { get; init; } = CheapTokenEstimator.Instance;

    /// <summary>What the provider counts against its limits on tokens. Default: null, what the catalogue says of <see cref="ProviderId"/>, else what OpenAI does.</summary>
    public QuotaCounting? Counting { get; init; }

    /// <summary>The longest answer in bytes, 1 to 1 GiB. Default: 16 MiB.</summary>
    public long MaxResponseBytes { get; init; } = 16L * 1024 * 1024;

    /// <summary>
    /// How long the body of an answer may stand still, up to a day, or <see cref="Timeout.InfiniteTimeSpan"/>: then the attempt fails as a timeout. Blanks before
    /// the answer count as life; once it has begun, less than a KiB in this time counts as standing still. Default: 2 min.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether plain <c>http</c> is allowed beyond this machine; key and content are then readable on the way. Default: no.</summary>
    public bool AllowInsecureHttp { get; init; }

    /// <summary>
    /// Whether the host may be in a private network (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7, or a name that leads to this machine). Link-local,
    /// multicast and unspecified addresses are never called. Default: no, except when the address is literally this machine (127.0.0.1, ::1, localhost).
    /// </summary>
    public bool AllowPrivateNetwork { get; init; }

    /// <summary>A proxy that connects in our place, which then also decides about addresses. Default: none, whatever the environment says.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>The options for a provider of the catalogue.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="key">Its key.</param>
    /// <param name="baseAddress">Another root, such as a gateway; needed when the provider has none of its own.</param>
    /// <exception cref="ArgumentException">The provider needs a key or an address, and there is none.</exception>
    public static ProviderEndpointOptions For(ProviderInfo provider, Secret? key, Uri? baseAddress = null)
    {
        ArgumentNullException.ThrowIfNull(provider);
        if (key is null && provider.KeyRequired)
        {
            throw new ArgumentException($"The provider {provider.Id} needs a key; set {provider.KeyVariable}.", nameof(key));
        }

        return new ProviderEndpointOptions
        {
            BaseAddress = baseAddress ?? provider.BaseAddress
                ?? throw new ArgumentException($"The provider {provider.Id} has no address of its own; give its base address.", nameof(baseAddress)),
            ProviderId = provider.Id,
            Dialect = provider.Dialect,
            Key = key,
        };
    }
}
