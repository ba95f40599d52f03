namespace AiLib.Dataflow.Providers.Tests.Http;

/// <summary>The real transport against real connections on this machine.</summary>
public sealed class TransportTests
{
    [Fact]
    public async Task An_answer_comes_back_over_a_real_connection()
    {
        await using var server = new LoopbackServer($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Endpoints.Answer.Length}\r\nConnection: close\r\n\r\n{Endpoints.Answer}");

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler: null, Endpoints.Options with { BaseAddress = server.Address });

        Assert.True(outcome.IsAnswered, outcome.Error?.Message);
        Assert.StartsWith("POST /v1/chat/completions HTTP/1.1\r\n", server.LastRequest, StringComparison.Ordinal);
        Assert.DoesNotContain("Accept-Encoding", server.LastRequest, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("""{"model":"m"}""", server.LastRequest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 500\r\n\r\n{\"a\":1}")]
    [InlineData("Content-Length: 500\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n")]
    public async Task An_answer_that_is_cut_short_is_a_failure(string rest)
    {
        await using var server = new LoopbackServer($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n{rest}");

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler: null, Endpoints.Options with { BaseAddress = server.Address });

        Assert.Equal(OutcomeKind.Failed, outcome.Kind);
        Assert.Equal(ProviderErrorCode.ServerError, outcome.Error().Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 2")]
    [InlineData("not HTTP at all\r\n\r\n")]
    public async Task An_answer_that_is_no_HTTP_is_a_failure(string answer)
    {
        await using var server = new LoopbackServer(answer);

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler: null, Endpoints.Options with { BaseAddress = server.Address });

        Assert.Equal(OutcomeKind.Failed, outcome.Kind);
    }

    [Fact]
    public async Task A_refused_connection_is_a_failure_that_names_the_host()
    {
        var server = new LoopbackServer("");
        Uri address = server.Address;
        await server.DisposeAsync();

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler: null, Endpoints.Options with { BaseAddress = address });

        Assert.Equal(OutcomeKind.Failed, outcome.Kind);
        Assert.Contains(address.Authority, outcome.Error().Message, StringComparison.Ordinal);
        Assert.Contains("ConnectionRefused", outcome.Error().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_TLS_behind_an_https_address_is_no_answer()
    {
        await using var server = new LoopbackServer("HTTP/1.1 200 OK\r\n\r\n{}");

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler: null, Endpoints.Options with { BaseAddress = new Uri($"https://127.0.0.1:{server.Address.Port}/v1") });

        Assert.False(outcome.IsAnswered);
        Assert.DoesNotContain("sk-test", server.LastRequest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_address_is_refused_by_the_name_of_the_option()
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler: null, Endpoints.Options with { BaseAddress = new Uri("https://10.255.255.1/v1") });

        Assert.Equal(OutcomeKind.Exhausted, outcome.Kind);
        Assert.Contains("AllowPrivateNetwork", outcome.Error().Message, StringComparison.Ordinal);
    }
}
