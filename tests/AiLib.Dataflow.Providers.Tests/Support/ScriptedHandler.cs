using System.Text;

namespace AiLib.Dataflow.Providers.Tests.Support;

/// <summary>The transport played by the test: keeps what would have been sent, answers what the script says.</summary>
internal sealed class ScriptedHandler(Func<SentMessage, CancellationToken, Task<HttpResponseMessage>> script) : HttpMessageHandler
{
    public ScriptedHandler(Func<SentMessage, HttpResponseMessage> script)
        : this((message, _) => Task.FromResult(script(message)))
    {
    }

    public List<SentMessage> Sent { get; } = [];

    public static HttpResponseMessage Answer(int status, string body, string mediaType = "application/json", params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage((System.Net.HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, mediaType) };
        foreach ((string name, string value) in headers)
        {
            // As from the wire, where nothing is checked.
            response.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        var headers = request.Headers.ToDictionary(pair => pair.Key, pair => string.Join(",", pair.Value), StringComparer.OrdinalIgnoreCase);
        var message = new SentMessage(request.Method, request.RequestUri!, headers, request.Content.Headers.ContentType?.ToString(), body);
        lock (Sent)
        {
            Sent.Add(message);
        }

        HttpResponseMessage response = await script(message, cancellationToken);
        response.RequestMessage = request;
        return response;
    }
}

/// <summary>What the transport was given.</summary>
internal sealed record SentMessage(HttpMethod Method, Uri Address, IReadOnlyDictionary<string, string> Headers, string? ContentType, byte[] Body);
