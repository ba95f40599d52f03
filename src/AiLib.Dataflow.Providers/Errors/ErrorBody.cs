using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Providers.Json;

namespace AiLib.Dataflow.Providers.Errors;

/// <summary>The facts in an error body, whatever shape the provider gave it.</summary>
/// <remarks>
/// Knows <c>{"error":{…}}</c> (OpenAI, Azure, Anthropic, Gemini, DeepSeek, Groq, Together, OpenRouter), the same wrapped in a list (Gemini), the flat form
/// (vLLM, Mistral) and <c>{"detail":…}</c> (FastAPI). Everything else, HTML and nothing included, is a text without facts. Never throws.
/// </remarks>
internal sealed class ErrorBody
{
    private const int MaxTextLength = 4096;

    // More quotas than one request counts against.
    private const int MaxViolations = 8;

    private readonly List<string> _tokens = [];
    private List<QuotaViolation>? _violations;

    private ErrorBody()
    {
    }

    /// <summary>The words by which the provider's software names the error, in lower case: code, type, status, reason.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>What the provider says to a person; empty when it says nothing.</summary>
    public string Message { get; private set; } = "";

    /// <summary>The provider's id of the request, when it is in the body.</summary>
    public string? RequestId { get; private set; }

    /// <summary>The status that is repeated in the body, 400 to 599; null when there is none.</summary>
    public int? Status { get; private set; }

    /// <summary>How long to wait, as written in a field for it (seconds, or a duration such as <c>46s</c>).</summary>
    public string? RetryDelay { get; private set; }

    /// <summary>Whether a quota of a whole day is used up.</summary>
    public bool IsDailyQuota { get; private set; }

    /// <summary>Whether the quota is zero, so that waiting never helps.</summary>
    public bool IsZeroQuota { get; private set; }

    /// <summary>The quotas that are violated, when the body has a list of them; the first eight.</summary>
    public IReadOnlyList<QuotaViolation> Violations => _violations is { } violations ? violations : [];

    /// <summary>What the provider behind a router said (OpenRouter); null when there is none, or it said nothing.</summary>
    public ErrorBody? Upstream { get; private set; }

    /// <summary>The message with what the provider behind it said.</summary>
    public string FullMessage => Upstream is { Message.Length: > 0 } ? $"{Message} (upstream: {Upstream.Message})" : Message;

    /// <summary>Reads a body.</summary>
    public static ErrorBody Parse(ReadOnlyMemory<byte> body)
    {
        var facts = new ErrorBody();
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = JsonText.MaxDepth });
            facts.ReadRoot(document.RootElement);
        }
        catch (JsonException)
        {
            // Not JSON is a fact as well: there is only the text.
            facts.Message = PlainText(body.Span);
        }

        return facts;
    }

    private void ReadRoot(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement first in root.EnumerateArray())
            {
                root = first;
                break;
            }
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            Message = root.ValueKind == JsonValueKind.String ? root.TextOrNull() ?? "" : Cut(root.GetRawText());
            return;
        }

        RequestId = root.Find("request_id")?.TextOrNull();
        JsonElement error = root.Find("error") is { ValueKind: JsonValueKind.Object } inner ? inner : root;
        ReadError(error);
        if (Message.Length == 0)
        {
            Message = Cut(FindMessage(root) ?? root.Find("error")?.TextOrNull() ?? "");
        }
    }

    private void ReadError(JsonElement error)
    {
        Message = Cut(FindMessage(error) ?? "");
        AddToken(error.Find("code"));
        AddToken(error.Find("type"));
        AddToken(error.Find("status"));
        AddToken(error.Find("innererror")?.Find("code"));
        foreach (JsonElement detail in error.Find("details").Items())
        {
            ReadDetail(detail);
        }

        if (error.Find("metadata") is { } metadata)
        {
            ReadMetadata(metadata);
        }
    }

    /// <summary>OpenRouter's additions: the upstream's own wait in one of three places, and the upstream's own error.</summary>
    private void ReadMetadata(JsonElement metadata)
    {
        AddToken(metadata.Find("error_type"));
        RetryDelay ??= metadata.Find("retry_after_seconds")?.TextOrNull();
        if (metadata.Find("headers") is { } headers)
        {
            RetryDelay ??= headers.Find("Retry-After")?.TextOrNull()
                ?? (headers.Find("X-RateLimit-Remaining")?.TextOrNull() == "0" ? headers.Find("X-RateLimit-Reset")?.TextOrNull() : null);
        }

        if (metadata.Find("raw") is { } raw)
        {
            // The upstream's body, as a text or as it is. What is upstream of the upstream is nobody's business.
            byte[] body = Encoding.UTF8.GetBytes((raw.ValueKind == JsonValueKind.String ? raw.TextOrNull() : raw.GetRawText()) ?? "");
            Upstream = Parse(body);
            Upstream.Upstream = null;
        }
    }

    /// <summary>One of Google's typed details.</summary>
    private void ReadDetail(JsonElement detail)
    {
        AddToken(detail.Find("reason"));
        RetryDelay ??= detail.Find("retryDelay")?.TextOrNull();
        foreach (JsonElement violation in detail.Find("violations").Items())
        {
            string id = violation.Find("quotaId")?.TextOrNull() ?? "";
            string? value = violation.Find("quotaValue")?.TextOrNull();
            IsDailyQuota |= id.Contains("PerDay", StringComparison.OrdinalIgnoreCase);
            IsZeroQuota |= value == "0";
            if (_violations is not { Count: >= MaxViolations })
            {
                (_violations ??= []).Add(new QuotaViolation(id, violation.Find("quotaMetric")?.TextOrNull() ?? "", value));
            }
        }
    }

    private void AddToken(JsonElement? element)
    {
        if (element?.TextOrNull() is not { Length: > 0 and <= 100 } token)
        {
            return;
        }

        _tokens.Add(token.ToLowerInvariant());
        if (token.Length == 3 && int.TryParse(token, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int status)
            && status is >= 400 and < 600)
        {
            Status ??= status;
        }
    }

    private static string? FindMessage(JsonElement element)
    {
        JsonElement? detail = element.Find("detail");
        return element.Find("message")?.TextOrNull() ?? detail?.TextOrNull() ?? detail?.Find("message")?.TextOrNull()
            ?? detail.Items().FirstOrDefault().Find("msg")?.TextOrNull();
    }

    private static string PlainText(ReadOnlySpan<byte> body)
    {
        string text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, MaxTextLength)]).Trim();

        // The page of some gateway; its markup says nothing in a message.
        return text.StartsWith('<') ? "an HTML page" : text;
    }

    private static string Cut(string text) => text.Length <= MaxTextLength ? text : text[..MaxTextLength];
}
