using AiLib.Dataflow.Simulator.Control;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>What runs on the HTTP server: no middleware, no services; a look at the host and one switch on the path.</summary>
internal sealed class SimulatorApplication(ProviderEndpoint provider, ControlEndpoint control) : IHttpApplication<HttpContext>
{
    private static readonly ReadOnlyMemory<byte> Misdirected =
        "{\"error\":{\"message\":\"This is a simulator for programs on this machine; Host must be 127.0.0.1, localhost or [::1], with its port.\"}}"u8.ToArray();

    private readonly LocalHost _host = new();

    /// <inheritdoc/>
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    /// <inheritdoc/>
    public Task ProcessRequestAsync(HttpContext context)
    {
        if (!_host.IsMeantBy(context))
        {
            // Neither counted nor kept: it was not for us.
            return BodySender.SendAsync(context, StatusCodes.Status421MisdirectedRequest, BodySender.Json, Misdirected);
        }

        return context.Request.Path.StartsWithSegments(ControlEndpoint.Root, StringComparison.Ordinal)
            ? control.HandleAsync(context)
            : provider.HandleAsync(context);
    }

    /// <inheritdoc/>
    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // Nothing is kept per context.
    }
}
