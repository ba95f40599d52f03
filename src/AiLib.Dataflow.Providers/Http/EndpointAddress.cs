using System.Collections.Frozen;
using System.Net;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>The finished addresses of one endpoint, one per allowed path. Nothing of a request ever becomes part of an address.</summary>
/// <remarks>Immutable; safe for use by several threads.</remarks>
internal sealed class EndpointAddress
{
    private readonly Uri _root;
    private readonly FrozenDictionary<string, Uri> _byPath;

    /// <summary>Checks the options and builds the addresses.</summary>
    /// <exception cref="ArgumentException">The base address is none that may be called; the message names the option to change.</exception>
    public EndpointAddress(ProviderEndpointOptions options)
    {
        Check(options);
        _root = options.BaseAddress;
        string root = _root.GetLeftPart(UriPartial.Path).TrimEnd('/');
        _byPath = ProviderPaths.All.ToFrozenDictionary(
            path => path, path => new Uri(root + path[ProviderPaths.Prefix.Length..] + _root.Query), StringComparer.Ordinal);
    }

    /// <summary>The host as it is named in messages.</summary>
    public string Host => _root.IsDefaultPort ? _root.IdnHost : $"{_root.IdnHost}:{_root.Port}";

    /// <summary>Whether the address is literally this machine.</summary>
    public bool IsThisMachine => IsLoopback(_root);

    /// <summary>The address for a path; null when the path is not allowed.</summary>
    public Uri? Find(string path) => _byPath.GetValueOrDefault(path);

    /// <summary>Whether an address has the scheme, host and port that the key belongs to.</summary>
    public bool HasAuthorityOf(Uri? address) => IsOneOfThese(address) || HasThisAuthority(address);

    // An address cannot change, so one of our own need not be taken apart for each request.
    private bool IsOneOfThese(Uri? address)
    {
        foreach (Uri own in _byPath.Values)
        {
            if (ReferenceEquals(own, address))
            {
                return true;
            }
        }

        return false;
    }

    private bool HasThisAuthority(Uri? address) =>
        address is { IsAbsoluteUri: true }
        && string.Equals(address.Scheme, _root.Scheme, StringComparison.Ordinal)
        && string.Equals(address.IdnHost, _root.IdnHost, StringComparison.OrdinalIgnoreCase)
        && address.Port == _root.Port
        && address.UserInfo.Length == 0;

    private static void Check(ProviderEndpointOptions options)
    {
        const string Name = nameof(ProviderEndpointOptions.BaseAddress);
        Uri address = options.BaseAddress;

        // The address itself is not printed where it may hold a password or a key.
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp) || address.IdnHost.Length == 0)
        {
            throw new ArgumentException($"{Name} must be an absolute https address such as https://api.openai.com/v1.", nameof(options));
        }

        if (address.UserInfo.Length > 0)
        {
            throw new ArgumentException($"{Name} must not contain a user name or password; give the key in {nameof(ProviderEndpointOptions.Key)}.", nameof(options));
        }

        bool isAzureVersion = options.Dialect == Dialect.Azure
            && address.Query.StartsWith("?api-version=", StringComparison.Ordinal) && !address.Query.Contains('&', StringComparison.Ordinal);
        if (address.Fragment.Length > 0 || (address.Query.Length > 0 && !isAzureVersion))
        {
            throw new ArgumentException($"{Name} must not have a query or fragment, except ?api-version=… with the Azure dialect.", nameof(options));
        }

        if (address.Scheme == Uri.UriSchemeHttp && !options.AllowInsecureHttp && !IsLoopback(address))
        {
            throw new ArgumentException(
                $"{Name} is plain http to {address.IdnHost}: key and content would be readable on the way. Use https, or set "
                + $"{nameof(ProviderEndpointOptions.AllowInsecureHttp)}.",
                nameof(options));
        }
    }

    private static bool IsLoopback(Uri address) =>
        IPAddress.TryParse(address.IdnHost, out IPAddress? literal)
            ? IPAddress.IsLoopback(literal)
            : string.Equals(address.IdnHost, "localhost", StringComparison.OrdinalIgnoreCase);
}
