using System.Net;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>Builds the transport of an endpoint, and checks one that was handed in.</summary>
internal static class Transport
{
    // Long enough to reuse a connection for a whole burst, short enough to follow a provider that moves its DNS.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    // A provider that does not even accept a connection in this time will not answer either.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    private const int MaxHeadersKibibytes = 64;

    /// <summary>A pooled transport that follows no redirect, keeps no cookie, decompresses nothing and asks no proxy but the given one.</summary>
    public static SocketsHttpHandler Create(ProviderEndpointOptions options, EndpointAddress address)
    {
        var handler = new SocketsHttpHandler
        {
            // A redirect would carry the body, and every key header but Authorization, to another host.
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = options.Proxy is not null,
            Proxy = options.Proxy is { } proxy ? new WebProxy(proxy) : null,
            PooledConnectionLifetime = ConnectionLifetime,
            ConnectTimeout = ConnectTimeout,
            // The pipeline's limiter bounds the calls in flight; a second bound here would only hide them in a queue.
            MaxConnectionsPerServer = int.MaxValue,
            MaxResponseHeadersLength = MaxHeadersKibibytes,
            PlaintextStreamFilter = static (context, _) => ValueTask.FromResult<Stream>(new InterimLimit(context.PlaintextStream)),
            // An answer that was not read to its end closes its connection at once: draining it would wait for a body that may never end.
            MaxResponseDrainSize = 0,
        };
        if (options.Proxy is null)
        {
            var guard = new AddressGuard(address.IsThisMachine, options.AllowPrivateNetwork, Dns.GetHostAddressesAsync);
            handler.ConnectCallback = guard.ConnectAsync;
        }

        return handler;
    }

    /// <summary>Refuses a transport that would follow redirects by itself.</summary>
    /// <exception cref="ArgumentException">It would.</exception>
    public static HttpMessageHandler Check(HttpMessageHandler handler)
    {
        for (HttpMessageHandler? current = handler; current is not null; current = (current as DelegatingHandler)?.InnerHandler)
        {
            if (current is SocketsHttpHandler { AllowAutoRedirect: true } or HttpClientHandler { AllowAutoRedirect: true })
            {
                throw new ArgumentException("The handler follows redirects, which takes key and content to other hosts. Set AllowAutoRedirect to false.", nameof(handler));
            }
        }

        return handler;
    }
}
