using System.Net.Http.Headers;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>The one place where a key becomes a header, as the last thing that happens to a message of ours before the transport has it.</summary>
/// <remarks>Immutable; safe for use by several threads. The key is on the message only while the transport holds it.</remarks>
internal sealed class Credential
{
    /// <summary>The version of the API that Anthropic's own SDKs ask for.</summary>
    public const string AnthropicVersion = "2023-06-01";

    private readonly EndpointAddress _address;
    private readonly string? _header;
    private readonly string? _value;
    private readonly bool _isAnthropic;

    /// <summary>Takes the key out of the options.</summary>
    /// <param name="options">Has the key and says how it is shown.</param>
    /// <param name="address">Says to which authority the key belongs.</param>
    /// <exception cref="ArgumentException">The key cannot stand in its header.</exception>
    public Credential(ProviderEndpointOptions options, EndpointAddress address)
    {
        _address = address;
        _isAnthropic = options.Dialect == Dialect.Anthropic;
        if (options.Key is { } key)
        {
            (_header, _value) = options.Dialect switch
            {
                Dialect.OpenAI => ("Authorization", "Bearer " + key.Reveal()),
                Dialect.Anthropic => ("x-api-key", key.Reveal()),
                Dialect.Azure => ("api-key", key.Reveal()),
                _ => throw new ArgumentOutOfRangeException(nameof(options), options.Dialect, "Not a dialect."),
            };
            if (!CanCarry(_header, _value))
            {
                throw new ArgumentException(
                    $"{nameof(options.Key)} contains a character that the header {_header} cannot carry, such as a quote.", nameof(options));
            }
        }
    }

    /// <summary>Puts the key on a message that is about to be sent.</summary>
    /// <exception cref="ForeignAuthorityException">The message goes elsewhere; nothing was put on it.</exception>
    public void AddTo(HttpRequestMessage message)
    {
        // The key belongs to one scheme, host and port. Whatever happened on the way here, it goes nowhere else.
        if (!_address.HasAuthorityOf(message.RequestUri))
        {
            throw new ForeignAuthorityException(message.RequestUri?.IdnHost);
        }

        HttpRequestHeaders headers = message.Headers;
        if (_isAnthropic)
        {
            headers.Add("anthropic-version", AnthropicVersion);
        }

        if (_header is not null)
        {
            // Add checks the value; a key that could end the header was refused when the Secret was made.
            headers.Add(_header, _value);
        }
    }

    /// <summary>Takes the key off a message that the transport is done with: the message outlives the call as <see cref="HttpResponseMessage.RequestMessage"/>.</summary>
    public void RemoveFrom(HttpRequestMessage message)
    {
        if (_header is not null)
        {
            message.Headers.Remove(_header);
        }
    }

    /// <summary>Some headers have a grammar of their own, in which not every visible character may stand. Better known now than at the first call.</summary>
    private static bool CanCarry(string header, string value)
    {
        using var message = new HttpRequestMessage();
        try
        {
            message.Headers.Add(header, value);
            return true;
        }
        catch (FormatException)
        {
            // Its message holds the key, so the caller throws one of its own.
            return false;
        }
    }
}
