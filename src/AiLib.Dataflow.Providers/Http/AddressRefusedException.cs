using System.Net;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>A host name led to an address that must not be called. Nothing was sent.</summary>
internal sealed class AddressRefusedException(string host, IPAddress address, AddressRange range)
    : Exception(
        range is AddressRange.Private or AddressRange.Loopback
            ? $"The host {host} leads to {address}, which is in a private network; set {nameof(ProviderEndpointOptions.AllowPrivateNetwork)} if that is meant."
            : $"The host {host} leads to {address}, which is never called: {range}.");
