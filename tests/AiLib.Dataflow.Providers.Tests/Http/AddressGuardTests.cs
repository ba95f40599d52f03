using System.Net;
using AiLib.Dataflow.Providers.Http;

namespace AiLib.Dataflow.Providers.Tests.Http;

public sealed class AddressGuardTests
{
    [Theory]
    [InlineData("8.8.8.8", AddressRange.Public)]
    [InlineData("1.1.1.1", AddressRange.Public)]
    [InlineData("172.15.255.255", AddressRange.Public)]
    [InlineData("172.32.0.0", AddressRange.Public)]
    [InlineData("100.63.255.255", AddressRange.Public)]
    [InlineData("100.128.0.0", AddressRange.Public)]
    [InlineData("192.167.255.255", AddressRange.Public)]
    [InlineData("169.253.255.255", AddressRange.Public)]
    [InlineData("223.255.255.255", AddressRange.Public)]
    [InlineData("2606:4700::1111", AddressRange.Public)]
    [InlineData("64:ff9b::8.8.8.8", AddressRange.Public)]
    [InlineData("::ffff:8.8.8.8", AddressRange.Public)]
    [InlineData("127.0.0.1", AddressRange.Loopback)]
    [InlineData("127.255.255.254", AddressRange.Loopback)]
    [InlineData("::1", AddressRange.Loopback)]
    [InlineData("::ffff:127.0.0.1", AddressRange.Loopback)]
    [InlineData("64:ff9b::127.0.0.1", AddressRange.Loopback)]
    [InlineData("2002:7f00:1::", AddressRange.Loopback)]
    [InlineData("10.0.0.1", AddressRange.Private)]
    [InlineData("10.255.255.255", AddressRange.Private)]
    [InlineData("172.16.0.1", AddressRange.Private)]
    [InlineData("172.31.255.255", AddressRange.Private)]
    [InlineData("192.168.1.1", AddressRange.Private)]
    [InlineData("100.64.0.1", AddressRange.Private)]
    [InlineData("100.127.255.255", AddressRange.Private)]
    [InlineData("198.18.0.1", AddressRange.Private)]
    [InlineData("192.0.0.8", AddressRange.Private)]
    [InlineData("fc00::1", AddressRange.Private)]
    [InlineData("fdff::1", AddressRange.Private)]
    [InlineData("fec0::1", AddressRange.Private)]
    [InlineData("::ffff:10.0.0.1", AddressRange.Private)]
    [InlineData("::ffff:192.168.0.1", AddressRange.Private)]
    [InlineData("64:ff9b::10.0.0.1", AddressRange.Private)]
    [InlineData("2002:c0a8:1::", AddressRange.Private)]
    [InlineData("169.254.169.254", AddressRange.LinkLocal)]
    [InlineData("169.254.0.1", AddressRange.LinkLocal)]
    [InlineData("fe80::1", AddressRange.LinkLocal)]
    [InlineData("febf::1", AddressRange.LinkLocal)]
    [InlineData("::ffff:169.254.169.254", AddressRange.LinkLocal)]
    [InlineData("0.0.0.0", AddressRange.NoHost)]
    [InlineData("0.1.2.3", AddressRange.NoHost)]
    [InlineData("224.0.0.1", AddressRange.NoHost)]
    [InlineData("239.255.255.255", AddressRange.NoHost)]
    [InlineData("255.255.255.255", AddressRange.NoHost)]
    [InlineData("240.0.0.1", AddressRange.NoHost)]
    [InlineData("::", AddressRange.NoHost)]
    [InlineData("::ffff:0.0.0.0", AddressRange.NoHost)]
    [InlineData("ff02::1", AddressRange.NoHost)]
    [InlineData("::10.0.0.1", AddressRange.NoHost)]
    public async Task Each_address_is_called_only_where_its_range_is_allowed(string text, object expected)
    {
        var range = (AddressRange)expected;
        Assert.Equal(range, AddressRanges.Of(IPAddress.Parse(text)));
        Assert.Equal(range == AddressRange.Public, await IsAllowedAsync(text, allowLoopback: false, allowPrivate: false));
        Assert.Equal(range is AddressRange.Public or AddressRange.Loopback, await IsAllowedAsync(text, allowLoopback: true, allowPrivate: false));
        Assert.Equal(range is AddressRange.Public or AddressRange.Loopback or AddressRange.Private, await IsAllowedAsync(text, allowLoopback: false, allowPrivate: true));
    }

    [Fact]
    public async Task One_bad_address_among_good_ones_refuses_the_name()
    {
        var guard = new AddressGuard(allowLoopback: false, allowPrivate: false, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("8.8.8.8"), IPAddress.Parse("169.254.169.254")]));

        await Assert.ThrowsAsync<AddressRefusedException>(() => guard.ResolveAsync("rebind.example", CancellationToken.None));
    }

    [Fact]
    public async Task A_name_is_resolved_once_so_that_it_cannot_change_its_mind()
    {
        int lookups = 0;
        var guard = new AddressGuard(
            allowLoopback: false, allowPrivate: false, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(lookups++ == 0 ? "8.8.8.8" : "127.0.0.1")]));

        IPAddress[] addresses = await guard.ResolveAsync("rebind.example", CancellationToken.None);

        Assert.Equal([IPAddress.Parse("8.8.8.8")], addresses);
        Assert.Equal(1, lookups);
    }

    [Fact]
    public async Task A_name_that_changes_its_mind_between_check_and_connection_reaches_nothing_on_this_machine()
    {
        await using LoopbackServer inner = new("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        int lookups = 0;

        // First an address of the internet that nobody has (RFC 5737), from then on this machine.
        for (int attempt = 0; attempt < 20; attempt++)
        {
            // Its time begins with the name: whoever gives up before has asked for nothing.
            using CancellationTokenSource patience = new();
            AddressGuard guard = new(allowLoopback: false, allowPrivate: false, (_, _) =>
            {
                patience.CancelAfter(TimeSpan.FromMilliseconds(20));
                return Task.FromResult<IPAddress[]>([IPAddress.Parse(lookups++ % 2 == 0 ? "203.0.113.1" : "127.0.0.1")]);
            });
            using SocketsHttpHandler handler = new() { ConnectCallback = guard.ConnectAsync, UseProxy = false };
            using HttpMessageInvoker client = new(handler);
            using HttpRequestMessage message = new(HttpMethod.Get, $"http://rebind.example:{inner.Address.Port}/");

            Exception? failure = await Record.ExceptionAsync(() => client.SendAsync(message, patience.Token));

            Assert.NotNull(failure);
        }

        Assert.InRange(lookups, 20, 40);
        Assert.Equal(0, inner.Connections);
    }

    private static async Task<bool> IsAllowedAsync(string text, bool allowLoopback, bool allowPrivate)
    {
        var guard = new AddressGuard(allowLoopback, allowPrivate, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(text)]));
        try
        {
            await guard.ResolveAsync("host.example", CancellationToken.None);
            return true;
        }
        catch (AddressRefusedException)
        {
            return false;
        }
    }
}
