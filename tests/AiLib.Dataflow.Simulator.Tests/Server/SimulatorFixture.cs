using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace AiLib.Dataflow.Simulator.Tests.Server;

/// <summary>A running simulator, a clock that only the test moves, and a client.</summary>
internal sealed class SimulatorFixture : IAsyncDisposable
{
    private SimulatorFixture(SimulatorServer server, FakeTimeProvider time)
    {
        Server = server;
        Time = time;
    }

    public SimulatorServer Server { get; }

    public FakeTimeProvider Time { get; }

    // Without the draining, which reads on for two seconds after a response was given up.
    public HttpClient Client { get; } = new(new SocketsHttpHandler { MaxResponseDrainSize = 0 }) { Timeout = TimeSpan.FromSeconds(30) };

    public static async Task<SimulatorFixture> StartAsync(SimulatorOptions? options = null)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2025, 1, 1, 12, 0, 0, TimeSpan.Zero));
        return new SimulatorFixture(await SimulatorServer.StartAsync(options ?? new SimulatorOptions(), time), time);
    }

    public static string Chat(string content = "hello", string more = "") =>
        $$"""{"model":"m","messages":[{"role":"user","content":"{{content}}"}]{{more}}}""";

    public static string Message(string content = "hello", string more = "") =>
        $$"""{"model":"c","max_tokens":32,"messages":[{"role":"user","content":"{{content}}"}]{{more}}}""";

    public Task<HttpResponseMessage> ChatAsync(string body) => PostAsync("/v1/chat/completions", body);

    public Task<HttpResponseMessage> MessagesAsync(string body) => PostAsync("/v1/messages", body, ("anthropic-version", "2023-06-01"));

    /// <summary>Posts to the dialect of the given name.</summary>
    public Task<HttpResponseMessage> PostAsync(bool anthropic, string more = "", string content = "hello") =>
        anthropic ? MessagesAsync(Message(content, more)) : ChatAsync(Chat(content, more));

    public Task<HttpResponseMessage> PostAsync(string path, string body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, body, headers);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(Server.BaseAddress, path));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }
}

/// <summary>Reads answers.</summary>
internal static class ResponseExtensions
{
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync()).RootElement;

    public static string? Header(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(',', values) : null;

    public static string? Text(this JsonElement element, string name) => element.GetProperty(name).GetString();
}
