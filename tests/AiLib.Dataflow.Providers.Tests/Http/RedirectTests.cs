namespace AiLib.Dataflow.Providers.Tests.Http;

public sealed class RedirectTests
{
    public static MatrixTheoryData<int, Dialect> Cases { get; } = new([301, 302, 307, 308], Enum.GetValues<Dialect>());

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_redirect_takes_nothing_to_the_second_origin(int status, Dialect dialect)
    {
        await using var second = new LoopbackServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
        await using var first = new LoopbackServer($"HTTP/1.1 {status} Moved\r\nLocation: {second.Address}/stolen?x=1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler: null, Endpoints.Options with { BaseAddress = first.Address, Dialect = dialect });

        Assert.Equal(0, second.Connections);
        Assert.Equal(1, first.Connections);
        Assert.Contains("sk-test-0123456789abcdef", first.LastRequest, StringComparison.Ordinal);
        Assert.Equal(OutcomeKind.Rejected, outcome.Kind);
        Assert.Equal(status, outcome.Error().StatusCode);
        Assert.Contains("redirects to 127.0.0.1", outcome.Error().Message, StringComparison.Ordinal);
        Assert.DoesNotContain("stolen", outcome.Error().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_new_host_is_named_and_nothing_else_of_the_address()
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(
            _ =>
            {
                HttpResponseMessage response = ScriptedHandler.Answer(308, "");
                response.Headers.Location = new Uri("https://user:word@evil.example:444/path?q=1");
                return response;
            });

        Assert.Contains("redirects to evil.example.", outcome.Error().Message, StringComparison.Ordinal);
        Assert.DoesNotContain("word", outcome.Error().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_transport_that_would_follow_redirects_is_refused()
    {
        foreach (HttpMessageHandler handler in new HttpMessageHandler[] { new SocketsHttpHandler(), new HttpClientHandler(), new Wrapper(new SocketsHttpHandler()) })
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => new ProviderEndpoint(Endpoints.Options, handler: handler));

            Assert.Contains("AllowAutoRedirect", error.Message, StringComparison.Ordinal);
        }

        using var accepted = new ProviderEndpoint(Endpoints.Options, handler: new SocketsHttpHandler { AllowAutoRedirect = false });
    }

    private sealed class Wrapper(HttpMessageHandler inner) : DelegatingHandler(inner);
}
