using System.Globalization;
using System.Text.Json;
using AiLib.Dataflow.Simulator.Limits;
using AiLib.Dataflow.Simulator.Serving;
using AiLib.Dataflow.Simulator.Timing;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <summary>OpenAI: <c>x-ratelimit-*</c> headers with Go durations, errors under one <c>error</c> property.</summary>
internal sealed partial class OpenAIDialect : Dialect
{
    private const string Bearer = "Bearer ";

    /// <summary>The only one.</summary>
    public static OpenAIDialect Instance { get; } = new();

    /// <inheritdoc/>
    public override string RequestIdHeader => "x-request-id";

    /// <summary>The key of an <c>Authorization: Bearer</c> header, or null.</summary>
    public static string? BearerOf(IHeaderDictionary headers)
    {
        string? value = headers.Authorization;
        return value is not null && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? value[Bearer.Length..].Trim() : null;
    }

    /// <inheritdoc/>
    public override string? KeyOf(IHeaderDictionary headers) => BearerOf(headers);

    /// <inheritdoc/>
    public override ProviderError? CheckHeaders(IHeaderDictionary headers) => null;

    /// <inheritdoc/>
    public override void AddQuota(IHeaderDictionary headers, in QuotaReading quota, DateTimeOffset now)
    {
        // Of a minute, or on small plans of a day, under the same name.
        if ((quota.Requests ?? quota.DayRequests) is { } requests)
        {
            headers["x-ratelimit-limit-requests"] = Text(requests.Limit);
            headers["x-ratelimit-remaining-requests"] = Text(requests.Remaining);
            headers["x-ratelimit-reset-requests"] = GoDuration.Format(requests.UntilFull);
        }

        if (quota.Tokens is { } tokens)
        {
            headers["x-ratelimit-limit-tokens"] = Text(tokens.Limit);
            headers["x-ratelimit-remaining-tokens"] = Text(tokens.Remaining);
            headers["x-ratelimit-reset-tokens"] = GoDuration.Format(tokens.UntilFull);
        }
    }

    /// <inheritdoc/>
    public override void AddRetryAfter(IHeaderDictionary headers, TimeSpan wait)
    {
        headers.RetryAfter = Text(GoDuration.ToSecondsUp(wait));
        headers["retry-after-ms"] = Text(GoDuration.ToMillisecondsUp(wait));
    }

    /// <inheritdoc/>
    public override void WriteError(ResponseBuffer buffer, in ProviderError error, string requestId)
    {
        Utf8JsonWriter json = buffer.BeginJson();
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, error.Message);
        json.WriteString("type"u8, error.Type);
        json.WriteString("param"u8, error.Parameter);
        if (int.TryParse(error.Code, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            // The proxy in front of the provider writes its codes as numbers.
            json.WriteNumber("code"u8, number);
        }
        else
        {
            json.WriteString("code"u8, error.Code);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
    }
}
