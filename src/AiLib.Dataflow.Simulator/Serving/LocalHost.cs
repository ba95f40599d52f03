using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>Whether a request was meant for this machine: its <c>Host</c> names it, and the port that it came in by.</summary>
/// <remarks>
/// Listening on 127.0.0.1 keeps other machines out, and not the web pages that this one's browser shows: a page may have its own name lead to 127.0.0.1 and then reads whatever answers there as
/// its own (DNS rebinding). Its requests still carry that name.
/// </remarks>
internal sealed class LocalHost
{
    // Made at the first request: until the server has started nobody knows its port. Two threads may both make it, and either will do.
    private volatile string[]? _names;

    /// <summary>Whether the request is for this machine.</summary>
    public bool IsMeantBy(HttpContext context)
    {
        string[] names = _names ??= NamesAt(context.Connection.LocalPort);
        string? host = context.Request.Host.Value;
        return Array.Exists(names, name => string.Equals(name, host, StringComparison.OrdinalIgnoreCase));
    }

    private static string[] NamesAt(int port)
    {
        string suffix = FormattableString.Invariant($":{port}");
        string[] named = ["127.0.0.1" + suffix, "localhost" + suffix, "[::1]" + suffix];

        // Port 80 is not written.
        return port == 80 ? [.. named, "127.0.0.1", "localhost", "[::1]"] : named;
    }
}
