using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.VirtualWorld;

/// <summary>How a provider that exists limits its users: what it counts and when, over which windows, and how it says so.</summary>
/// <param name="Provider">The provider, as the product knows it.</param>
/// <param name="Path">The operation that is asked for.</param>
/// <param name="Settings">Its limits. Those of a small account, so that an hour of it is a few seconds, and whole numbers of requests in each second.</param>
/// <remarks>
/// <para>OpenAI: a bucket of tokens, requests in slices of a second; the prompt and <c>max_tokens</c> on arrival; durations, and waits in milliseconds.</para>
/// <para>Azure: a minute of tokens that begins anew, requests in slices of a second, six for each thousand tokens; counted as OpenAI does; whole seconds, waits in milliseconds as well.</para>
/// <para>Anthropic: a bucket of tokens, requests in slices of a second; the prompt and what is really answered; dates, tokens in thousands, and waits in whole seconds.</para>
/// <para>What is left out: Anthropic's limits on input and on output are one here, and its answers are charged when they are asked for.</para>
/// </remarks>
internal sealed record ProviderProfile(ProviderInfo Provider, string Path, ProviderSettings Settings)
{
    /// <summary>OpenAI.</summary>
    public static ProviderProfile OpenAI { get; } = Of("openai", "/v1/chat/completions", LimitKind.TokenBucket, requests: 600, tokens: 200_000);

    /// <summary>Azure.</summary>
    public static ProviderProfile Azure { get; } = Of("azure", "/v1/chat/completions", LimitKind.FixedWindow, requests: 900, tokens: 150_000);

    /// <summary>Anthropic.</summary>
    public static ProviderProfile Anthropic { get; } = Of("anthropic", "/v1/messages", LimitKind.TokenBucket, requests: 1_020, tokens: 450_000);

    /// <summary>The profile with this provider id.</summary>
    public static ProviderProfile Find(string id) => id switch
    {
        "openai" => OpenAI,
        "azure" => Azure,
        "anthropic" => Anthropic,
        _ => throw new ArgumentOutOfRangeException(nameof(id), id, "There is no such profile."),
    };

    /// <summary>Sends it requests for a while, in virtual time.</summary>
    /// <param name="sizes">The requests.</param>
    /// <param name="known">Whether the limits are configured, or only told by headers.</param>
    /// <param name="length">For how long.</param>
    /// <param name="configure">Changes the target.</param>
    /// <returns>What arrived there.</returns>
    public IReadOnlyList<Arrival> Run(JobSizes sizes, bool known, TimeSpan length, Action<TargetOptions>? configure = null)
    {
        VirtualTime time = new();
        using SimulatedHttp transport = CreateTransport(time);
        using ProviderEndpoint endpoint = CreateEndpoint(transport, time);
        QuotaTask task = new(time, [new Target(new ProductEndpoint(endpoint, Path, Provider.Counting))], index => sizes.At(index, bias: 1), length, known ? Settings : null)
        {
            LargestCost = (long)(1.5 * sizes.LargestTokens),
            Configure = configure,
        };
        time.Run(async () =>
        {
            await PipelineClient.Client.RunAsync(task);
            return true;
        });
        return transport.History.Snapshot();
    }

    private SimulatedHttp CreateTransport(TimeProvider time) =>
        new(Settings.ToSimulator(), time, resetsInSeconds: Provider.Dialect == Dialect.Azure)
        {
            Way = Settings.Way == TimeSpan.Zero ? null : index => Settings.Way * JobSizes.Around(index),
        };

    private ProviderEndpoint CreateEndpoint(SimulatedHttp transport, TimeProvider time) =>
        new(ProviderEndpointOptions.For(Provider, new Secret("sk-of-the-virtual-world-0123456789"), new Uri("https://provider.example/openai/v1")), time, transport);

    private static ProviderProfile Of(string id, string path, LimitKind kind, long requests, long tokens)
    {
        if (!ProviderCatalog.TryFind(id, out ProviderInfo? provider))
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, "The catalogue has no such provider.");
        }

        return new ProviderProfile(provider, path, new ProviderSettings { Kind = kind, RequestKind = LimitKind.PerSecond, RequestsPerMinute = requests, TokensPerMinute = tokens });
    }

    private sealed class Target(IEndpoint<Job, int> endpoint) : IQuotaProvider
    {
        public IEndpoint<Job, int> Endpoint => endpoint;

        public ValueTask<Reply> CallAsync(Job job, CancellationToken cancellationToken) => throw new NotSupportedException("Only the pipeline calls it.");
    }
}
