using AiLib.Dataflow.Providers.Errors;
using AiLib.Dataflow.Providers.Json;
using AiLib.Dataflow.Providers.Quotas;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>Turns what came back, or did not, into an outcome. Every text that leaves passes the redactor here.</summary>
/// <remarks>Immutable but for a count; safe for use by several threads.</remarks>
internal sealed class AnswerReader(ProviderEndpointOptions options, Redactor redactor, TimeProvider timeProvider)
{
    private readonly bool _cachedInputIsFree = ProviderCatalog.TryFind(options.ProviderId, out ProviderInfo? provider) && provider.Counting.CachedInputIsFree;

    private long _ignoredQuotaValues;

    /// <summary>How many values about quotas were nonsense.</summary>
    public long IgnoredQuotaValues => Interlocked.Read(ref _ignoredQuotaValues);

    /// <summary>The request was refused before anything was sent.</summary>
    public Outcome<ProviderResponse> Refused(string message) =>
        Unreached(ProviderErrorCode.InvalidRequest, ProviderErrorCode.InvalidRequest.ToOutcomeKind(), message, wasSent: false);

    /// <summary>There was no HTTP exchange, or not a whole one.</summary>
    public Outcome<ProviderResponse> Unreached(ProviderErrorCode code, OutcomeKind kind, string message, bool wasSent) => Outcome<ProviderResponse>.Failed(
        kind,
        new ProviderException(redactor, code, $"{options.ProviderId}: {message}", statusCode: null, requestId: null, redactedBody: default) { WasSent = wasSent });

    /// <summary>The provider sent us elsewhere. The new host is named and nothing else of the address, which may carry a secret.</summary>
    /// <remarks>Not found, and so final: the API root is not where the options say, which no retry changes.</remarks>
    public Outcome<ProviderResponse> Redirected(ResponseHead head, Uri from)
    {
        string host = head.RedirectHost(from) ?? "nowhere";
        return Fail(
            head,
            ProviderErrorCode.NotFound,
            default,
            $"redirects to {host}. Redirects are not followed, since they would take key and content along; correct {nameof(options.BaseAddress)}.");
    }

    /// <summary>A status of 2xx, which counts only with one whole JSON value behind it.</summary>
    public Outcome<ProviderResponse> Answered(ResponseHead head, BodyRead read)
    {
        switch (read)
        {
            case { End: BodyEnd.TooLong }:
                // The same request would be answered, and billed, at the same length again: final.
                return Fail(
                    head, ProviderErrorCode.Unknown, default, $"sent more than {options.MaxResponseBytes} bytes; raise {nameof(options.MaxResponseBytes)}.");
            case { End: BodyEnd.Stalled }:
                return Fail(
                    head, ProviderErrorCode.Timeout, default,
                    FormattableString.Invariant($"sent {read.Bytes.Length} bytes of an answer and next to nothing more for {options.IdleTimeout.TotalSeconds:0.###} s ({nameof(options.IdleTimeout)})."));
            case { End: BodyEnd.Cut }:
                return Fail(head, ProviderErrorCode.ServerError, default, $"sent an answer that ends after {read.Bytes.Length} bytes, before its end.");
            case var _ when head.IsCompressed:
                return Fail(head, ProviderErrorCode.ServerError, default, "sent a compressed answer, which was not asked for.");
            case var _ when head.IsEventStream:
                return Streamed(head, read.Bytes);
        }

        ReadOnlyMemory<byte> body = JsonText.Trim(read.Bytes);
        if (!AnswerScan.TryRead(body.Span, out AnswerScan scan))
        {
            return Fail(head, ProviderErrorCode.ServerError, body, $"sent {head.MediaType ?? "something"} that is not one whole JSON value.");
        }

        TokenCost? cost = scan.Usage is { } usage ? CostOf(usage) : null;
        if (scan.HasError)
        {
            // An error behind a status of 200: OpenRouter when an upstream fails late, OpenAI when a response ends as failed. It may have cost tokens.
            return Classified(head, body, scan.Usage) with { TokenCost = cost };
        }

        var response = new ProviderResponse(head.Status, body, Id(head, inBody: null), scan.Usage) { BodyIsJson = true };
        return Outcome<ProviderResponse>.Answered(response) with { TokenCost = cost, Readings = Quotas(head) };
    }

    /// <summary>What counts of what was used: a provider that leaves out what it has cached leaves it out of its limits as well.</summary>
    private TokenCost CostOf(TokenUsage usage) => new(_cachedInputIsFree ? usage.InputTokens - usage.CachedInputTokens : usage.InputTokens, usage.OutputTokens);

    /// <summary>Any other status.</summary>
    public Outcome<ProviderResponse> Failed(ResponseHead head, BodyRead read)
    {
        ReadOnlyMemory<byte> body = JsonText.Trim(read.Bytes);

        // The end of a cut body may be the beginning of a key, which the redactor would not know.
        return Classified(head, read.End == BodyEnd.Whole ? body : body[..Math.Max(0, body.Length - TailMargin)], usage: null);
    }

    /// <summary>How much of a cut body's end may be an incomplete key, each character of it escaped into six bytes.</summary>
    private int TailMargin => 6 * (options.Key?.Reveal().Length ?? 0);

    private Outcome<ProviderResponse> Streamed(ResponseHead head, ReadOnlyMemory<byte> body) =>
        EventStream.FindError(body) is { IsEmpty: false } error
            ? Classified(head, error, usage: null)
            : Fail(head, ProviderErrorCode.InvalidRequest, default, "answered with an event stream; the body must not set stream.");

    private Outcome<ProviderResponse> Classified(ResponseHead head, ReadOnlyMemory<byte> body, TokenUsage? usage)
    {
        ErrorBody facts = ErrorBody.Parse(body);
        DateTimeOffset now = timeProvider.GetUtcNow();
        Span<QuotaReading> readings = stackalloc QuotaReading[2 * QuotaHeaders.MaxReadings];
        int count = Count(QuotaHeaders.Read(options.ProviderId, head.Find, now, readings));
        ErrorClassification classification = ErrorClassifier.Classify(options.ProviderId, head.Status, head.Find, facts, readings[..count], now);
        string text = string.IsNullOrWhiteSpace(facts.FullMessage) ? "no message" : facts.FullMessage;

        // What the body of another error says of limits is about something else, such as the length of a prompt.
        bool isOfQuota = classification.Kind is OutcomeKind.Throttled or OutcomeKind.Exhausted or OutcomeKind.TooLarge;
        count += isOfQuota ? Count(QuotaErrors.Read(facts, readings[count..])) : 0;
        Outcome<ProviderResponse> outcome = Fail(head, classification, body, text, facts.RequestId, usage);
        return count == 0 ? outcome : outcome with { Readings = readings[..count].ToArray() };
    }

    private Outcome<ProviderResponse> Fail(ResponseHead head, ProviderErrorCode code, ReadOnlyMemory<byte> body, string text) =>
        Fail(head, new ErrorClassification(code, code.ToOutcomeKind(), RetryAfter: null), body, text, bodyId: null, usage: null);

    private Outcome<ProviderResponse> Fail(
        ResponseHead head, ErrorClassification classification, ReadOnlyMemory<byte> body, string text, string? bodyId, TokenUsage? usage)
    {
        string? id = Id(head, bodyId);
        ReadOnlyMemory<byte> redacted = redactor.Redact(body, ProviderException.MaxBodyLength);
        ProviderErrorCode code = classification.Code;
        var error = new ProviderException(
            redactor, code, $"{options.ProviderId} answered {head.Status}, {code.ToName()} ({code.ToText()}): {text}", head.Status, id, redacted);
        Outcome<ProviderResponse> outcome = Outcome<ProviderResponse>.Failed(classification.Kind, error, classification.RetryAfter);
        outcome = outcome with { Response = new ProviderResponse(head.Status, redacted, id, usage) };
        return classification.CostLimit is null ? outcome : outcome with { CostLimit = classification.CostLimit };
    }

    /// <summary>What the provider says about its quotas; empty, and without an array, when it says nothing.</summary>
    private ReadOnlyMemory<QuotaReading> Quotas(ResponseHead head)
    {
        if (!head.MayTellQuotas)
        {
            return default;
        }

        Span<QuotaReading> readings = stackalloc QuotaReading[QuotaHeaders.MaxReadings];
        int count = Count(QuotaHeaders.Read(options.ProviderId, head.Find, timeProvider.GetUtcNow(), readings));
        return count == 0 ? default : readings[..count].ToArray();
    }

    private int Count(QuotaTally tally)
    {
        if (tally.Ignored > 0)
        {
            Interlocked.Add(ref _ignoredQuotaValues, tally.Ignored);
        }

        return tally.Readings;
    }

    // Known keys only: an id may look like a key, and is of no use when masked.
    private string? Id(ResponseHead head, string? inBody) =>
        (head.RequestId ?? (ResponseHead.IsPlainId(inBody) ? inBody : null)) is { } id ? redactor.RedactKnown(id) : null;
}
