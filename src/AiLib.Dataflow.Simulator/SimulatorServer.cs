using System.Net;
using AiLib.Dataflow.Simulator.Control;
using AiLib.Dataflow.Simulator.Desk;
using AiLib.Dataflow.Simulator.Serving;
using AiLib.Dataflow.Simulator.Timing;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AiLib.Dataflow.Simulator;

/// <summary>
/// A provider on loopback: OpenAI's chat completions and embeddings and Anthropic's messages, with real limits, latencies and seeded faults.
/// </summary>
/// <remarks>
/// It listens on 127.0.0.1 only and answers only who asks for that, localhost or [::1] by name (421 otherwise), prints nothing, reads no configuration and handles no signals. All members may be called from any thread.
/// </remarks>
public sealed class SimulatorServer : IAsyncDisposable
{
    // Handlers end at once when the server stops; this is for sockets that a client does not read.
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    private readonly KestrelServer _server;
    private readonly FrontDesk _desk;
    private readonly CancellationTokenSource _stopping;
    private readonly Lazy<Task> _stopped;

    private SimulatorServer(KestrelServer server, FrontDesk desk, CancellationTokenSource stopping)
    {
        _server = server;
        _desk = desk;
        _stopping = stopping;
        _stopped = new Lazy<Task>(StopOnceAsync);
        string address = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        BaseAddress = new Uri(address + "/v1");
    }

    /// <summary>The root of the provider's paths, such as <c>http://127.0.0.1:41234/v1</c>.</summary>
    public Uri BaseAddress { get; }

    /// <summary>What arrived when, and what was decided about it.</summary>
    public SimulatorHistory History => _desk.History;

    /// <summary>What has happened so far, as one consistent value.</summary>
    public SimulatorCounts Counts => _desk.Counts;

    /// <summary>Starts a server; when the task completes it accepts connections.</summary>
    /// <param name="options">Its behaviour; copied, so later changes to this object have no effect.</param>
    /// <param name="timeProvider">The clock of limits, latencies and history; null is the system's.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="ArgumentException">An option is impossible; the message names it.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SimulatorServer> StartAsync(
        SimulatorOptions options, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        SimulatorOptions copy = options with { };
        copy.Validate();

        var clock = new SimulatorClock(timeProvider ?? TimeProvider.System);
        var desk = new FrontDesk(copy, clock);
        var stopping = new CancellationTokenSource();
        KestrelServer server = CreateServer(copy.Port);
        try
        {
            var application = new SimulatorApplication(new ProviderEndpoint(desk, clock, stopping.Token), new ControlEndpoint(desk));
            await server.StartAsync(application, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            return new SimulatorServer(server, desk, stopping);
        }
        catch
        {
            server.Dispose();
            stopping.Dispose();
            throw;
        }
    }

    /// <summary>Changes which share of the requests fails, from the next arrival on.</summary>
    /// <param name="faults">The new rates.</param>
    public void SetFaults(FaultRates faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        _desk.Update(options => options.Faults = faults);
    }

    /// <summary>Changes limits, latencies and faults, from the next arrival on. Credits already taken stay taken.</summary>
    /// <param name="change">Changes a copy of the options; it may be called again when two changes meet.</param>
    /// <exception cref="ArgumentException">An option is impossible, or cannot change while the server runs; nothing has changed.</exception>
    public void Update(Action<SimulatorOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        _desk.Update(change);
    }

    /// <summary>Starts again with an empty history, zero counts and full limits.</summary>
    public void Reset() => _desk.Reset();

    /// <summary>Stops the server: waiting answers are cut off and connections closed. Further calls wait for the first.</summary>
    public Task StopAsync() => _stopped.Value;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(StopAsync());

    private async Task StopOnceAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(Continuations.KeepContext);

        // Real time on purpose: a test that holds its clock still must be able to stop the server.
        using var grace = new CancellationTokenSource(StopGrace, TimeProvider.System);
        await _server.StopAsync(grace.Token).ConfigureAwait(Continuations.KeepContext);
        _server.Dispose();
        _stopping.Dispose();
    }

    private static KestrelServer CreateServer(int port)
    {
        var options = new KestrelServerOptions { AddServerHeader = false, AllowSynchronousIO = false };

        // The body reader has its own limit, so that the answer to a large body has the provider's shape.
        options.Limits.MaxRequestBodySize = null;

        // A slow client is a legitimate test, not an attack.
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Listen(IPAddress.Loopback, port, static listen => listen.Protocols = HttpProtocols.Http1);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        return new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
    }
}
