using AiLib.Dataflow.Providers.Errors;
using AiLib.Dataflow.Providers.Json;

namespace AiLib.Dataflow.Providers;

/// <summary>Why a provider did not answer.</summary>
/// <remarks>
/// Built anew from facts: it never holds an HTTP message, a header, a key or the exception of the network layer, and so has no inner exception.
/// Immutable.
/// </remarks>
public sealed class ProviderException : Exception
{
    /// <summary>The longest message, in characters.</summary>
    public const int MaxMessageLength = 512;

    /// <summary>The longest body that is kept, in bytes: far more than any error body seen, and little enough to keep one per failed request.</summary>
    public const int MaxBodyLength = 64 * 1024;

    /// <summary>Creates an exception. Everything that looks like a key is taken out of the message and the body.</summary>
    /// <param name="code">What went wrong.</param>
    /// <param name="message">What happened; cut to <see cref="MaxMessageLength"/> characters.</param>
    /// <param name="statusCode">The HTTP status; null when there was no HTTP exchange.</param>
    /// <param name="requestId">The provider's own id of the request.</param>
    /// <param name="body">The provider's error body; copied, and cut to <see cref="MaxBodyLength"/> bytes.</param>
    public ProviderException(
        ProviderErrorCode code, string message, int? statusCode = null, string? requestId = null, ReadOnlyMemory<byte> body = default)
        : this(Redactor.Patterns, code, message, statusCode, requestId, Redactor.Patterns.Redact(body, MaxBodyLength))
    {
    }

    // The endpoint's way in: the body has been redacted already, and the redactor knows the endpoint's key.
    internal ProviderException(
        Redactor redactor, ProviderErrorCode code, string message, int? statusCode, string? requestId, ReadOnlyMemory<byte> redactedBody)
        : base(ErrorText.OneLine(redactor.Redact(message), MaxMessageLength))
    {
        Code = code;
        StatusCode = statusCode;
        RequestId = requestId;
        Body = redactedBody;
        BodyIsJson = JsonText.IsOneValue(redactedBody.Span);
    }

    /// <summary>What went wrong, as one of the 13 codes.</summary>
    public ProviderErrorCode Code { get; }

    /// <summary>The HTTP status; null when there was no HTTP exchange.</summary>
    public int? StatusCode { get; }

    /// <summary>The provider's own id of the request; null when it gave none.</summary>
    public string? RequestId { get; }

    /// <summary>The provider's error body, redacted and cut to <see cref="MaxBodyLength"/> bytes; empty when there was none.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>
    /// Whether the request may have reached the provider, which may then have worked, and asks to be paid. False: there was no connection, or it was refused here.
    /// Default: true.
    /// </summary>
    public bool WasSent { get; init; } = true;

    /// <summary>Whether <see cref="Body"/> is one whole JSON value; false when it is empty or was cut.</summary>
    public bool BodyIsJson { get; }
}
