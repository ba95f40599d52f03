using System.Globalization;
using System.Text.Json;
using AiLib.Dataflow.Simulator.Limits;
using AiLib.Dataflow.Simulator.Serving;
using AiLib.Dataflow.Simulator.Timing;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <summary>Anthropic: <c>anthropic-ratelimit-*</c> headers with dates, errors of type <c>error</c> with the id of the request.</summary>
internal sealed partial class AnthropicDialect : Dialect
{
    // The provider rounds what it says about tokens.
    private const long TokenRounding = 1000;

    /// <summary>The only one.</summary>
    public static AnthropicDialect Instance { get; } = new();

    /// <inheritdoc/>
    public override string RequestIdHeader => "request-id";

    /// <inheritdoc/>
    public override string? KeyOf(IHeaderDictionary headers) =>
        headers.TryGetValue("x-api-key", out Microsoft.Extensions.Primitives.StringValues key) ? (string?)key : OpenAIDialect.BearerOf(headers);

    /// <inheritdoc/>
    public override ProviderError? CheckHeaders(IHeaderDictionary headers) => headers.ContainsKey("anthropic-version")
        ? null
        : new ProviderError(400, InvalidRequest, "anthropic-version: header is required");

    /// <inheritdoc/>
    public override void AddQuota(IHeaderDictionary headers, in QuotaReading quota, DateTimeOffset now)
    {
        if (quota.Requests is { } requests)
        {
            headers["anthropic-ratelimit-requests-limit"] = Text(requests.Limit);
            headers["anthropic-ratelimit-requests-remaining"] = Text(requests.Remaining);
            headers["anthropic-ratelimit-requests-reset"] = Reset(now, requests.UntilFull);
        }

        if (quota.Tokens is { } tokens)
        {
            long rounded = (tokens.Remaining + (TokenRounding / 2)) / TokenRounding * TokenRounding;
            headers["anthropic-ratelimit-tokens-limit"] = Text(tokens.Limit);
            headers["anthropic-ratelimit-tokens-remaining"] = Text(rounded);
            headers["anthropic-ratelimit-tokens-reset"] = Reset(now, tokens.UntilFull);
        }

        AddApart(headers, "input", quota.InputTokens, now);
        AddApart(headers, "output", quota.OutputTokens, now);
    }

    private static void AddApart(IHeaderDictionary headers, string direction, LimitReading? reading, DateTimeOffset now)
    {
        if (reading is { } tokens)
        {
            headers[$"anthropic-ratelimit-{direction}-tokens-limit"] = Text(tokens.Limit);
            headers[$"anthropic-ratelimit-{direction}-tokens-remaining"] = Text((tokens.Remaining + (TokenRounding / 2)) / TokenRounding * TokenRounding);
            headers[$"anthropic-ratelimit-{direction}-tokens-reset"] = Reset(now, tokens.UntilFull);
        }
    }

    /// <inheritdoc/>
    public override void AddRetryAfter(IHeaderDictionary headers, TimeSpan wait) => headers.RetryAfter = Text(GoDuration.ToSecondsUp(wait));

    /// <inheritdoc/>
    public override void WriteError(ResponseBuffer buffer, in ProviderError error, string requestId)
    {
        Utf8JsonWriter json = buffer.BeginJson();
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, error.Type);
        json.WriteString("message"u8, error.Message);
        json.WriteEndObject();
        json.WriteString("request_id"u8, requestId);
        json.WriteEndObject();
        json.Flush();
    }

    private static string Reset(DateTimeOffset now, TimeSpan untilFull)
    {
        // Rounded up: a whole second early would be too early.
        long ticks = now.UtcTicks + untilFull.Ticks + TimeSpan.TicksPerSecond - 1;
        var at = new DateTime(ticks - (ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc);
        return at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }
}
