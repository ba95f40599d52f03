using AiLib.Dataflow.Providers.Http;

namespace AiLib.Dataflow.Providers.Tests.Http;

public sealed class EndpointAddressTests
{
    [Theory]
    [InlineData("http://api.example.com/v1", "AllowInsecureHttp")]
    [InlineData("http://10.0.0.1/v1", "AllowInsecureHttp")]
    [InlineData("http://localhost.evil.example/v1", "AllowInsecureHttp")]
    [InlineData("http://127.0.0.1.evil.example/v1", "AllowInsecureHttp")]
    [InlineData("ftp://api.example.com/v1", "https")]
    [InlineData("file:///v1", "https")]
    [InlineData("v1", "https")]
    [InlineData("https://user:password@api.example.com/v1", "Key")]
    [InlineData("https://user@api.example.com/v1", "Key")]
    [InlineData("https://api.example.com/v1?key=hunter2hunter2", "query")]
    [InlineData("https://api.example.com/v1#hunter2", "fragment")]
    public void An_address_that_must_not_be_called_is_refused_by_the_name_of_the_option(string address, string named)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => new ProviderEndpoint(Endpoints.Options with { BaseAddress = new Uri(address, UriKind.RelativeOrAbsolute) }));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("password@", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8000/v1")]
    [InlineData("http://127.1.2.3/v1")]
    [InlineData("http://[::1]:8000/v1")]
    [InlineData("http://localhost:8000")]
    [InlineData("http://LOCALHOST/v1/")]
    public void Plain_http_to_this_machine_needs_no_flag(string address)
    {
        using var endpoint = new ProviderEndpoint(Endpoints.Options with { BaseAddress = new Uri(address) });

        Assert.True(new EndpointAddress(Endpoints.Options with { BaseAddress = new Uri(address) }).IsThisMachine);
    }

    [Fact]
    public void Plain_http_elsewhere_needs_its_flag()
    {
        using var endpoint = new ProviderEndpoint(Endpoints.Options with { BaseAddress = new Uri("http://vllm.internal:8000/v1"), AllowInsecureHttp = true });
    }

    [Theory]
    [InlineData("https://api.example.com/anything", true)]
    [InlineData("https://API.example.com:443/v1", true)]
    [InlineData("http://api.example.com/v1", false)]
    [InlineData("https://api.example.com:444/v1", false)]
    [InlineData("https://api.example.com.evil.example/v1", false)]
    [InlineData("https://evil.example/v1", false)]
    [InlineData("https://user@api.example.com/v1", false)]
    [InlineData("https://api.example.com./v1", false)]
    [InlineData("/v1/chat/completions", false)]
    public void The_key_belongs_to_one_scheme_host_and_port(string address, bool belongs) =>
        Assert.Equal(belongs, new EndpointAddress(Endpoints.Options).HasAuthorityOf(new Uri(address, UriKind.RelativeOrAbsolute)));

    [Theory]
    [InlineData("https://evil.example/v1/chat/completions")]
    [InlineData("http://api.example.com/v1/chat/completions")]
    [InlineData("https://api.example.com:8443/v1/chat/completions")]
    public void The_key_goes_on_no_message_to_another_authority(string address)
    {
        var credential = new Credential(Endpoints.Options, new EndpointAddress(Endpoints.Options));
        using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent("{}") };

        Assert.Throws<ForeignAuthorityException>(() => credential.AddTo(message));

        Assert.Empty(message.Headers);
    }

    [Fact]
    public async Task With_an_overridden_base_address_each_key_still_goes_to_its_own_target_only()
    {
        Assert.True(ProviderCatalog.TryFind("openai", out ProviderInfo? first));
        Assert.True(ProviderCatalog.TryFind("anthropic", out ProviderInfo? fallback));
        var wire = new ScriptedHandler(_ => ScriptedHandler.Answer(503, "{}"));

        await Endpoints.CallAsync(wire, ProviderEndpointOptions.For(first, new Secret("first-key-0123456789"), new Uri("https://gateway.example/v1")));
        await Endpoints.CallAsync(wire, ProviderEndpointOptions.For(fallback, new Secret("second-key-0123456789")));

        Assert.Equal(["gateway.example", "api.anthropic.com"], wire.Sent.Select(message => message.Address.Host), StringComparer.Ordinal);
        Assert.DoesNotContain(wire.Sent[0].Headers.Values, value => value.Contains("second-key", StringComparison.Ordinal));
        Assert.DoesNotContain(wire.Sent[1].Headers.Values, value => value.Contains("first-key", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("can\"ary-0123456789")]
    [InlineData("canary,0123\"456789")]
    public void A_key_that_its_header_cannot_carry_is_refused_when_the_endpoint_is_built(string key)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new ProviderEndpoint(Endpoints.Options with { Key = new Secret(key) }));

        Assert.Null(error.InnerException);
        Assert.DoesNotContain("0123", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_Azure_address_keeps_its_version()
    {
        ProviderEndpointOptions options = Endpoints.Options with
        {
            Dialect = Dialect.Azure,
            BaseAddress = new Uri("https://x.openai.azure.com/openai/deployments/d/?api-version=2024-10-21"),
        };

        Assert.Equal(
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21", new EndpointAddress(options).Find(Endpoints.Chat)!.AbsoluteUri);
        Assert.Throws<ArgumentException>(() => new EndpointAddress(options with { BaseAddress = new Uri("https://x.openai.azure.com/?api-version=1&key=2") }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData((1024L * 1024 * 1024) + 1)]
    public void A_cap_out_of_range_is_refused(long cap) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProviderEndpoint(Endpoints.Options with { MaxResponseBytes = cap }));
}
