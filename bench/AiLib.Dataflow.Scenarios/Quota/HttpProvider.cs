using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;
using AiLib.Dataflow.Simulator;
using AiLib.Dataflow.VirtualWorld;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>The simulator behind real sockets: the pipeline calls it through the product's endpoint, everyone else with a plain <see cref="HttpClient"/>.</summary>
internal sealed class HttpProvider : IQuotaProvider, IAsyncDisposable
{
    private const string Path = "/v1/chat/completions";
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly SimulatorServer _server;
    private readonly ProviderEndpoint _endpoint;
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Uri _address;

    private HttpProvider(SimulatorServer server)
    {
        _server = server;
        _address = new Uri(server.BaseAddress, Path);
        _endpoint = new ProviderEndpoint(new ProviderEndpointOptions { BaseAddress = server.BaseAddress, ProviderId = "openai" });
        Endpoint = new ProductEndpoint(_endpoint, Path, QuotaCounting.OnArrival);
    }

    /// <inheritdoc/>
    public IEndpoint<Job, int> Endpoint { get; }

    /// <summary>What has arrived.</summary>
    public ProviderRecord Record => ProviderRecord.Of(_server.History.Snapshot());

    /// <summary>Starts one.</summary>
    public static async Task<HttpProvider> StartAsync(ProviderSettings settings) => new(await SimulatorServer.StartAsync(settings.ToSimulator()));

    /// <inheritdoc/>
    public async ValueTask<Reply> CallAsync(Job job, CancellationToken cancellationToken)
    {
        using ByteArrayContent content = new(JobBodies.Body(job));
        content.Headers.ContentType = Json;
        using HttpResponseMessage response = await _client.PostAsync(_address, content, cancellationToken);
        await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return response.StatusCode switch
        {
            HttpStatusCode.OK => new Reply(CallEnd.Answered, null, default),
            HttpStatusCode.TooManyRequests => new Reply(CallEnd.Refused, WaitOf(response), default),
            _ => new Reply(CallEnd.Dead, null, default),
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _endpoint.Dispose();
        _client.Dispose();
    }

    private static TimeSpan? WaitOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("retry-after-ms", out IEnumerable<string>? values)
            ? TimeSpan.FromMilliseconds(double.Parse(values.First(), CultureInfo.InvariantCulture))
            : null;
}
