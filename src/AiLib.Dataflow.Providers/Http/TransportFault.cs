using System.Net.Sockets;
using System.Security.Authentication;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>What a fault of the network layer means, told without anything the exception carries but kinds and codes.</summary>
/// <param name="Code">The error code.</param>
/// <param name="Kind">The outcome.</param>
/// <param name="Reason">What happened, for the message.</param>
internal readonly record struct TransportFault(ProviderErrorCode Code, OutcomeKind Kind, string Reason)
{
    /// <summary>Whether the request may have reached the other side.</summary>
    public bool WasSent { get; private init; } = true;

    /// <summary>Classifies whatever the transport threw for a reason other than cancellation by the attempt's own token.</summary>
    public static TransportFault From(Exception exception) => Classify(exception) with { WasSent = !IsBeforeSending(exception) };

    // No connection came about. One that breaks later is an error of another kind.
    private static bool IsBeforeSending(Exception exception)
    {
        for (Exception? current = exception; current is not null; current = current.InnerException)
        {
            HttpRequestError? error = (current as HttpRequestException)?.HttpRequestError;
            if (current is AddressRefusedException or ForeignAuthorityException or AuthenticationException
                || error is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
                    or HttpRequestError.ProxyTunnelError)
            {
                return true;
            }
        }

        return false;
    }

    private static TransportFault Classify(Exception exception)
    {
        for (Exception? current = exception; current is not null; current = current.InnerException)
        {
            if (Known(current) is { } fault)
            {
                return fault;
            }
        }

        return exception switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
                Of(ProviderErrorCode.Unknown, "the answer's headers are longer than allowed"),
            HttpRequestException http => Of(ProviderErrorCode.ServerError, $"the exchange failed ({http.HttpRequestError})"),
            IOException => Of(ProviderErrorCode.ServerError, "the connection broke"),
            // Foreign code in the transport threw what nobody knows; its text may hold anything.
            _ => Of(ProviderErrorCode.Unknown, $"the transport threw {exception.GetType().Name}"),
        };
    }

    private static TransportFault? Known(Exception exception) => exception switch
    {
        // Another target may be called; this one never, so it is Exhausted although its code alone would say Rejected.
        AddressRefusedException refused => new TransportFault(ProviderErrorCode.PermissionDenied, OutcomeKind.Exhausted, refused.Message),
        ForeignAuthorityException foreign => Of(ProviderErrorCode.PermissionDenied, foreign.Message),
        InterimAnswersException interim => Of(ProviderErrorCode.ServerError, interim.Message),
        // A certificate does not get better by asking again, and the key must not be offered twice: no retry, though the code has one.
        AuthenticationException => new TransportFault(
            ProviderErrorCode.ServerError, OutcomeKind.Exhausted, "its TLS certificate or protocol was not accepted (expired, self-signed, or for another host)"),
        SocketException { SocketErrorCode: SocketError.TimedOut } => Of(ProviderErrorCode.Timeout, "no connection in time"),
        SocketException socket => Of(ProviderErrorCode.ServerError, $"the network failed ({socket.SocketErrorCode})"),
        TimeoutException => Of(ProviderErrorCode.Timeout, "no answer in time"),
        // Not the attempt's token (the caller looked): the transport gave up by itself.
        OperationCanceledException => Of(ProviderErrorCode.Timeout, "the transport gave up waiting"),
        _ => null,
    };

    private static TransportFault Of(ProviderErrorCode code, string reason) => new(code, code.ToOutcomeKind(), reason);
}
