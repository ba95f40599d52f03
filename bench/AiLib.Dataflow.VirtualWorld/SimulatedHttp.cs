using System.Globalization;
using System.Net;
using AiLib.Dataflow.Simulator;
using AiLib.Dataflow.Simulator.Desk;
using AiLib.Dataflow.Simulator.Serving;
using AiLib.Dataflow.Simulator.Timing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace AiLib.Dataflow.VirtualWorld;

/// <summary>The simulator behind a transport without sockets, on whatever clock: all of its HTTP but the bytes on the wire.</summary>
/// <param name="options">How the provider behaves.</param>
/// <param name="time">Its clock.</param>
/// <param name="resetsInSeconds">Whether the time until all is there again is told in whole seconds, as Azure does, and not as OpenAI's durations.</param>
internal sealed class SimulatedHttp(SimulatorOptions options, TimeProvider time, bool resetsInSeconds = false) : HttpMessageHandler
{
    private const string Root = "/v1/";

    private readonly (FrontDesk Desk, ProviderEndpoint Endpoint) _simulator = Create(options, time);

    private int _sent;

    /// <summary>What arrived when, and what was decided about it.</summary>
    public SimulatorHistory History => _simulator.Desk.History;

    /// <summary>How long requests are under way before they are counted, the next by its number.</summary>
    public Func<int, TimeSpan>? Way { get; init; }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Way is not null)
        {
            await Task.Delay(Way(_sent++), time, cancellationToken);
        }

        DefaultHttpContext context = new() { RequestAborted = cancellationToken };
        byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        context.Request.Method = request.Method.Method;

        // Azure's root has more before it.
        string path = request.RequestUri!.AbsolutePath;
        context.Request.Path = path[path.IndexOf(Root, StringComparison.Ordinal)..];
        context.Request.Body = new MemoryStream(body);
        context.Request.ContentLength = body.Length;
        foreach ((string name, IEnumerable<string> values) in request.Headers)
        {
            context.Request.Headers[name] = new StringValues([.. values]);
        }

        using MemoryStream answer = new();
        context.Response.Body = answer;
        await _simulator.Endpoint.HandleAsync(context);
        cancellationToken.ThrowIfCancellationRequested();
        return ToMessage(context.Response, answer.ToArray());
    }

    private static (FrontDesk Desk, ProviderEndpoint Endpoint) Create(SimulatorOptions options, TimeProvider time)
    {
        options.Validate();
        SimulatorClock clock = new(time);
        FrontDesk desk = new(options with { }, clock);
        return (desk, new ProviderEndpoint(desk, clock, CancellationToken.None));
    }

    private HttpResponseMessage ToMessage(HttpResponse response, byte[] body)
    {
        HttpResponseMessage message = new((HttpStatusCode)response.StatusCode) { Content = new ByteArrayContent(body) };
        foreach ((string name, StringValues values) in response.Headers)
        {
            string text = values.ToString();
            if (resetsInSeconds && name.StartsWith("x-ratelimit-reset-", StringComparison.OrdinalIgnoreCase) && GoDuration.TryParse(text, out TimeSpan reset))
            {
                text = GoDuration.ToSecondsUp(reset).ToString(CultureInfo.InvariantCulture);
            }

            if (!message.Headers.TryAddWithoutValidation(name, text))
            {
                message.Content.Headers.TryAddWithoutValidation(name, text);
            }
        }

        return message;
    }
}
