namespace AiLib.Dataflow.Providers.Tests;

public sealed class ProviderCatalogTests
{
    [Theory]
    [InlineData("openai", "https://api.openai.com/v1/chat/completions", "OPENAI_API_KEY", Dialect.OpenAI)]
    [InlineData("anthropic", "https://api.anthropic.com/v1/chat/completions", "ANTHROPIC_API_KEY", Dialect.Anthropic)]
    [InlineData("deepseek", "https://api.deepseek.com/v1/chat/completions", "DEEPSEEK_API_KEY", Dialect.OpenAI)]
    [InlineData("gemini", "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions", "GEMINI_API_KEY", Dialect.OpenAI)]
    [InlineData("mistral", "https://api.mistral.ai/v1/chat/completions", "MISTRAL_API_KEY", Dialect.OpenAI)]
    [InlineData("groq", "https://api.groq.com/openai/v1/chat/completions", "GROQ_API_KEY", Dialect.OpenAI)]
    [InlineData("together", "https://api.together.xyz/v1/chat/completions", "TOGETHER_API_KEY", Dialect.OpenAI)]
    [InlineData("openrouter", "https://openrouter.ai/api/v1/chat/completions", "OPENROUTER_API_KEY", Dialect.OpenAI)]
    [InlineData("vllm", "http://127.0.0.1:8000/v1/chat/completions", "VLLM_API_KEY", Dialect.OpenAI)]
    public async Task A_known_provider_is_called_at_its_own_address(string id, string address, string variable, Dialect dialect)
    {
        Assert.True(ProviderCatalog.TryFind(id, out ProviderInfo? provider));
        var handler = new ScriptedHandler(_ => ScriptedHandler.Answer(200, Endpoints.Answer));

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler, ProviderEndpointOptions.For(provider, new Secret("key-of-" + id)));

        Assert.True(outcome.IsAnswered);
        Assert.Equal(address, Assert.Single(handler.Sent).Address.AbsoluteUri);
        Assert.Equal(variable, provider.KeyVariable);
        Assert.Equal(dialect, provider.Dialect);
    }

    [Fact]
    public void All_eleven_are_there_once() =>
        Assert.Equal(
            ["anthropic", "azure", "compatible", "deepseek", "gemini", "groq", "mistral", "openai", "openrouter", "together", "vllm"],
            ProviderCatalog.All.Select(provider => provider.Id).Order(StringComparer.Ordinal),
            StringComparer.Ordinal);

    [Theory]
    [InlineData("azure")]
    [InlineData("compatible")]
    public void A_provider_without_an_address_asks_for_one(string id)
    {
        Assert.True(ProviderCatalog.TryFind(id, out ProviderInfo? provider));

        ArgumentException error = Assert.Throws<ArgumentException>(() => ProviderEndpointOptions.For(provider, new Secret("0123456789")));

        Assert.True(provider.NeedsBaseAddress);
        Assert.Contains(id, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_key_is_named_by_its_variable()
    {
        Assert.True(ProviderCatalog.TryFind("GROQ", out ProviderInfo? provider));

        ArgumentException error = Assert.Throws<ArgumentException>(() => ProviderEndpointOptions.For(provider, key: null));

        Assert.Contains("GROQ_API_KEY", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_local_server_needs_no_key()
    {
        Assert.True(ProviderCatalog.TryFind("vllm", out ProviderInfo? provider));

        Assert.Null(ProviderEndpointOptions.For(provider, key: null).Key);
    }

    [Fact]
    public void An_unknown_id_is_not_found() => Assert.False(ProviderCatalog.TryFind("openai.com", out _));
}
