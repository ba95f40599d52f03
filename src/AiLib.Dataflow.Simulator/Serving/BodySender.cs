using AiLib.Dataflow.Simulator.Dialects;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>Sends whole bodies, errors among them.</summary>
internal static class BodySender
{
    /// <summary>The content type of answers and errors.</summary>
    public const string Json = "application/json";

    /// <summary>Sends an error in the provider's shape; headers that were added before stay.</summary>
    public static async Task SendErrorAsync(HttpContext context, Dialect dialect, ProviderError error, string requestId)
    {
        using ResponseBuffer buffer = ResponseBuffer.Rent();
        dialect.WriteError(buffer, error, requestId);
        context.Response.Headers[dialect.RequestIdHeader] = requestId;
        await SendAsync(context, error.Status, Json, buffer.Written).ConfigureAwait(Continuations.KeepContext);
    }

    /// <summary>Sends a body whose length is known.</summary>
    public static async Task SendAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body).ConfigureAwait(Continuations.KeepContext);
    }
}
