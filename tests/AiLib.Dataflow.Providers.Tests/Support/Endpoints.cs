using System.Text;

namespace AiLib.Dataflow.Providers.Tests.Support;

/// <summary>Endpoints and calls with the values that do not matter filled in.</summary>
internal static class Endpoints
{
    public const string Chat = "/v1/chat/completions";

    public const string Answer = """{"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10}}""";

    public static ProviderEndpointOptions Options { get; } = new()
    {
        BaseAddress = new Uri("https://api.example.com/v1"),
        ProviderId = "openai",
        Key = new Secret("sk-test-0123456789abcdef"),
    };

    public static ProviderRequest Request(string body = """{"model":"m"}""", string path = Chat) => new(path, Encoding.UTF8.GetBytes(body));

    public static async Task<Outcome<ProviderResponse>> CallAsync(
        HttpMessageHandler? handler, ProviderEndpointOptions? options = null, ProviderRequest? request = null, TimeProvider? time = null,
        CancellationToken cancellationToken = default)
    {
        using var endpoint = new ProviderEndpoint(options ?? Options, time, handler);
        return await endpoint.CallAsync(request ?? Request(), new AttemptContext("test", 1, TimeSpan.FromMinutes(1)), cancellationToken);
    }

    public static Task<Outcome<ProviderResponse>> CallAsync(Func<SentMessage, HttpResponseMessage> script, ProviderEndpointOptions? options = null) =>
        CallAsync(new ScriptedHandler(script), options);

    public static ProviderException Error(this Outcome<ProviderResponse> outcome) => Assert.IsType<ProviderException>(outcome.Error);

    public static string Text(this ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
