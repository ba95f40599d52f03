using AiLib.Dataflow.Simulator.Control;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>What runs on the HTTP server: no middleware, no services, one switch on the path.</summary>
internal sealed class SimulatorApplication(ProviderEndpoint provider, ControlEndpoint control) : IHttpApplication<HttpContext>
{
    /// <inheritdoc/>
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    /// <inheritdoc/>
    public Task ProcessRequestAsync(HttpContext context) => context.Request.Path.StartsWithSegments(ControlEndpoint.Root, StringComparison.Ordinal)
        ? control.HandleAsync(context)
        : provider.HandleAsync(context);

    /// <inheritdoc/>
    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // Nothing is kept per context.
    }
}
