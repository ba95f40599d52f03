using System.Net.Sockets;
using System.Security.Authentication;
using AiLib.Dataflow.Providers.Http;

namespace AiLib.Dataflow.Providers.Tests.Http;

/// <summary>The rows of the decision table where there was no HTTP answer. The Python runtime never retried any of them.</summary>
public sealed class TransportFaultTests
{
    public static TheoryData<string, Exception, ProviderErrorCode> Retried => new()
    {
        { "reset", new HttpRequestException("x", new SocketException((int)SocketError.ConnectionReset)), ProviderErrorCode.ServerError },
        { "refused", new SocketException((int)SocketError.ConnectionRefused), ProviderErrorCode.ServerError },
        { "no such host", new HttpRequestException("x", new SocketException((int)SocketError.HostNotFound)), ProviderErrorCode.ServerError },
        { "cut short", new HttpIOException(HttpRequestError.ResponseEnded), ProviderErrorCode.ServerError },
        { "broken", new IOException("x"), ProviderErrorCode.ServerError },
        { "broken below HTTP", new HttpRequestException(HttpRequestError.ConnectionError), ProviderErrorCode.ServerError },
        { "no connection in time", new HttpRequestException("x", new SocketException((int)SocketError.TimedOut)), ProviderErrorCode.Timeout },
        { "no first byte in time", new TaskCanceledException("x", new TimeoutException()), ProviderErrorCode.Timeout },
        { "given up by the transport", new OperationCanceledException(), ProviderErrorCode.Timeout },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Retried))]
    public void A_fault_of_the_network_is_retried_and_may_go_elsewhere(string name, Exception exception, ProviderErrorCode code)
    {
        TransportFault fault = TransportFault.From(exception);

        Assert.True(fault.Code == code, $"{name}: {fault.Code} instead of {code}");
        Assert.Equal(code.ToOutcomeKind(), fault.Kind);
        Assert.True(fault.Kind.CanRetry() && fault.Kind.CanRedirect(), name);
    }

    [Fact]
    public void A_certificate_that_was_not_accepted_is_not_offered_a_second_call()
    {
        TransportFault fault = TransportFault.From(new HttpRequestException("x", new AuthenticationException("x")));

        Assert.Equal(ProviderErrorCode.ServerError, fault.Code);
        Assert.False(fault.Kind.CanRetry());
        Assert.True(fault.Kind.CanRedirect());
    }
}
