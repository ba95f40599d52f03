using System.Net;
using System.Net.Sockets;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>Which part of the address space an address is in, as far as it matters for whom we call.</summary>
internal enum AddressRange
{
    /// <summary>The internet.</summary>
    Public,

    /// <summary>This machine.</summary>
    Loopback,

    /// <summary>A private network or a carrier's (RFC 1918, RFC 6598, RFC 4193).</summary>
    Private,

    /// <summary>The local link; cloud machines tell their secrets at 169.254.169.254.</summary>
    LinkLocal,

    /// <summary>No host: unspecified, multicast, broadcast, reserved.</summary>
    NoHost,
}

/// <summary>Finds the range of an address.</summary>
internal static class AddressRanges
{
    /// <summary>The range of an address; an IPv4 address inside an IPv6 one counts as itself.</summary>
    public static AddressRange Of(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return OfVersion4(address.GetAddressBytes());
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.IsIPv4MappedToIPv6)
        {
            return OfVersion4(bytes[12..]);
        }

        // 64:ff9b::/96 (NAT64) and 2002::/16 (6to4) carry an IPv4 address to which the packet goes in the end.
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]))
        {
            return OfVersion4(bytes[12..]);
        }

        if (bytes is [0x20, 0x02, ..])
        {
            return OfVersion4(bytes[2..6]);
        }

        if (IPAddress.IsLoopback(address))
        {
            return AddressRange.Loopback;
        }

        return bytes switch
        {
            // ::/96, the unspecified address among them.
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..] => AddressRange.NoHost,
            [0xFF, ..] => AddressRange.NoHost,
            [0xFE, >= 0x80 and <= 0xBF, ..] => AddressRange.LinkLocal,
            [0xFE, >= 0xC0, ..] => AddressRange.Private,
            [0xFC or 0xFD, ..] => AddressRange.Private,
            _ => AddressRange.Public,
        };
    }

    private static AddressRange OfVersion4(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [127, ..] => AddressRange.Loopback,
        [0, ..] => AddressRange.NoHost,
        [169, 254, ..] => AddressRange.LinkLocal,
        [10, ..] or [172, >= 16 and <= 31, ..] or [192, 168, ..] or [100, >= 64 and <= 127, ..] => AddressRange.Private,
        // 192.0.0.0/24 (protocol assignments) and 198.18/15 (benchmarks) are no places for a provider.
        [192, 0, 0, _] or [198, 18 or 19, ..] => AddressRange.Private,
        [>= 224, ..] => AddressRange.NoHost,
        _ => AddressRange.Public,
    };
}
