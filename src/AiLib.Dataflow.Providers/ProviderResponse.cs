namespace AiLib.Dataflow.Providers;

/// <summary>What a provider answered, success or error.</summary>
/// <remarks>Immutable.</remarks>
public sealed class ProviderResponse
{
    /// <summary>Creates a response.</summary>
    /// <param name="statusCode">The HTTP status.</param>
    /// <param name="body">The body.</param>
    /// <param name="requestId">The provider's own id of the request, if it gave one.</param>
    /// <param name="usage">The tokens used, when the provider said so.</param>
    public ProviderResponse(int statusCode, ReadOnlyMemory<byte> body, string? requestId = null, TokenUsage? usage = null)
    {
        StatusCode = statusCode;
        Body = body;
        RequestId = requestId;
        Usage = usage;
    }

    /// <summary>The HTTP status.</summary>
    public int StatusCode { get; }

    /// <summary>The provider's own id of the request, for its support; at most 128 visible ASCII characters. Null when it gave none.</summary>
    public string? RequestId { get; }

    /// <summary>
    /// The body. Of an answer: one whole JSON value in UTF-8, byte for byte as it came, without surrounding white space; it may contain line feeds.
    /// Of an error: redacted and cut, so not always JSON.
    /// </summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>
    /// Whether the endpoint has seen that the body is one whole JSON value in UTF-8, at most 64 levels deep. False says nothing: nobody may have looked.
    /// </summary>
    public bool BodyIsJson { get; internal init; }

    /// <summary>The tokens used; null when the provider did not say.</summary>
    public TokenUsage? Usage { get; }
}
