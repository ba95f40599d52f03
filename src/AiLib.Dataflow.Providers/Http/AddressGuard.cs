using System.Net;
using System.Net.Sockets;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>Resolves a host once, checks every address it leads to, and connects to a checked one.</summary>
/// <remarks>
/// Immutable; safe for use by several threads. Because the checked address is the one connected to, a name that changes its mind in between
/// (DNS rebinding) gains nothing.
/// </remarks>
/// <param name="allowLoopback">Whether this machine may be called.</param>
/// <param name="allowPrivate">Whether private networks, this machine included, may be called.</param>
/// <param name="resolve">Looks a name up.</param>
internal sealed class AddressGuard(bool allowLoopback, bool allowPrivate, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    /// <summary>Connects for <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="AddressRefusedException">One of the addresses must not be called.</exception>
    /// <exception cref="SocketException">None of the addresses answered.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        DnsEndPoint target = context.DnsEndPoint;
        IPAddress[] addresses = await ResolveAsync(target.Host, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The addresses of a host, all of them checked.</summary>
    /// <exception cref="AddressRefusedException">One of them must not be called; the others are not tried, since the name is not to be trusted.</exception>
    internal async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? literal)
            ? [literal]
            : await resolve(host, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        foreach (IPAddress address in addresses)
        {
            AddressRange range = AddressRanges.Of(address);
            if (!IsAllowed(range))
            {
                throw new AddressRefusedException(host, address, range);
            }
        }

        return addresses;
    }

    private bool IsAllowed(AddressRange range) => range switch
    {
        AddressRange.Public => true,
        AddressRange.Loopback => allowLoopback || allowPrivate,
        AddressRange.Private => allowPrivate,
        _ => false,
    };
}
