using AiLib.Dataflow.Providers.Errors;
using AiLib.Dataflow.Providers.Quotas;

namespace AiLib.Dataflow.Providers;

/// <summary>Says which of the 13 codes an error answer is: by the words of its body first, by its status second, by its text last.</summary>
/// <remarks>
/// Stateless and without a clock; never throws. The decision that follows is the code table's and no other: "model access" (E1003) or "context too long"
/// (E1005) may well be answered elsewhere, but a request sent to every target in turn because it is at fault costs more than it gains. A limit of the account that is smaller than
/// the request is the account's fault, so there <see cref="ErrorClassification.Kind"/> says more than the code.
/// </remarks>
public static class ErrorClassifier
{
    /// <summary>A rate window that is closed for longer than this is a day's quota by another name. No provider has a window between a minute and a day.</summary>
    internal static readonly TimeSpan LongestWindow = TimeSpan.FromHours(1);

    // Gemini's days end at midnight Pacific time. The zone's winter offset all the year: an hour late in summer, and no time zone data needed.
    private static readonly TimeSpan Pacific = TimeSpan.FromHours(-8);

    /// <summary>Classifies an error answer.</summary>
    /// <param name="providerId">The provider's id in the catalogue; an unknown one is treated as compatible with OpenAI.</param>
    /// <param name="status">The HTTP status, 2xx included when the body is an error all the same.</param>
    /// <param name="header">Looks a response header up; null when it is absent.</param>
    /// <param name="body">The body: any bytes.</param>
    /// <param name="now">The time, for dates in headers.</param>
    public static ErrorClassification Classify(
        string providerId, int status, Func<string, string?> header, ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(header);
        Span<QuotaReading> told = stackalloc QuotaReading[QuotaHeaders.MaxReadings];
        int count = QuotaHeaders.Read(providerId, header, now, told).Readings;
        return Classify(providerId, status, header, ErrorBody.Parse(body), told[..count], now);
    }

    /// <summary>The same with what the headers say about quotas, where that has been read.</summary>
    internal static ErrorClassification Classify(
        string providerId, int status, Func<string, string?> header, ErrorBody body, ReadOnlySpan<QuotaReading> told, DateTimeOffset now)
    {

        // An error behind a 200 repeats its status in the body, or has none.
        int effective = status is >= 400 ? status : body.Status ?? status;
        TimeSpan? wait = WaitHint.Parse(header, body, now);
        ProviderErrorCode code = Code(providerId, effective, body, wait);
        if (code is ProviderErrorCode.RateLimited or ProviderErrorCode.QuotaExhausted && AllowsNothing(body, told))
        {
            // No window ends this.
            return new ErrorClassification(ProviderErrorCode.QuotaExhausted, OutcomeKind.Exhausted, RetryAfter: null) { CostLimit = CostLimit.Nothing };
        }

        if (code == ProviderErrorCode.RateLimited && effective == 429 && QuotaErrors.FindUnusedLimit(body, told) is { } unused)
        {
            return new ErrorClassification(ProviderErrorCode.RequestTooLarge, OutcomeKind.TooLarge, RetryAfter: null) { CostLimit = unused };
        }

        CostLimit? costLimit = code == ProviderErrorCode.RequestTooLarge && effective is 413 or 429 ? QuotaErrors.FindCostLimit(body) : null;
        return code == ProviderErrorCode.RequestTooLarge && (effective == 429 || costLimit is not null)
            ? new ErrorClassification(code, OutcomeKind.TooLarge, RetryAfter: null) { CostLimit = costLimit }
            : new ErrorClassification(code, code.ToOutcomeKind(), Wait(code, body, wait, now));
    }

    /// <summary>Whether a limit is 0. What a header says of a limit does not count where the body names the one that is in the way.</summary>
    private static bool AllowsNothing(ErrorBody body, ReadOnlySpan<QuotaReading> told)
    {
        if (body.IsZeroQuota || ErrorTexts.SaysZeroLimit(body.Message))
        {
            return true;
        }

        foreach (ref readonly QuotaReading reading in told)
        {
            if (reading is { Limit: 0, Dimension: QuotaDimension.Requests or QuotaDimension.Tokens })
            {
                return !QuotaErrors.NamesLimit(body);
            }
        }

        return false;
    }

    private static ProviderErrorCode Code(string providerId, int status, ErrorBody body, TimeSpan? wait)
    {
        ErrorFamily family = ErrorTokens.FamilyOf(body.Tokens, status);
        return family switch
        {
            ErrorFamily.Billing => ProviderErrorCode.QuotaExhausted,
            ErrorFamily.TooLarge => ProviderErrorCode.RequestTooLarge,
            ErrorFamily.Content => ProviderErrorCode.InvalidRequest,
            ErrorFamily.Key => ProviderErrorCode.Authentication,
            ErrorFamily.Permission => Forbidden(body),
            ErrorFamily.NotFound => ProviderErrorCode.NotFound,
            ErrorFamily.Overload => ProviderErrorCode.Overloaded,
            ErrorFamily.Timeout => ProviderErrorCode.Timeout,
            ErrorFamily.Server => ProviderErrorCode.ServerError,
            ErrorFamily.Window => Window(body, wait),
            _ => ByStatus(providerId, status, body, wait),
        };
    }

    /// <summary>The status table, python's where the runtimes differ; text refines the statuses that say too little.</summary>
    private static ProviderErrorCode ByStatus(string providerId, int status, ErrorBody body, TimeSpan? wait) => status switch
    {
        401 => ProviderErrorCode.Authentication,
        402 => ProviderErrorCode.QuotaExhausted,
        // Together documents 403 for one thing alone: prompt and answer together are longer than the model's context.
        403 when providerId == "together" => ProviderErrorCode.RequestTooLarge,
        403 => Forbidden(body),
        404 => ProviderErrorCode.NotFound,
        408 => ProviderErrorCode.Timeout,
        409 => ProviderErrorCode.Conflict,
        413 => ProviderErrorCode.RequestTooLarge,
        429 => Window(body, wait),
        499 => ProviderErrorCode.Cancelled,
        503 or 529 => ProviderErrorCode.Overloaded,
        504 => ProviderErrorCode.Timeout,
        >= 400 and < 500 => Malformed(providerId, body),
        >= 500 and < 600 => ProviderErrorCode.ServerError,
        _ => ProviderErrorCode.Unknown,
    };

    private static ProviderErrorCode Malformed(string providerId, ErrorBody body) => body.Message switch
    {
        // Anthropic says so in the text alone, and others behind its dialect repeat it.
        var text when ErrorTexts.SaysNoCredit(text) => ProviderErrorCode.QuotaExhausted,
        var text when ErrorTexts.SaysTooLong(text) => ProviderErrorCode.RequestTooLarge,
        // OpenRouter passes the upstream's own error on and has no word of its own for it. Its quota or key is not the caller's, so nothing else is taken from it.
        _ when body.Upstream is { } upstream && IsTooLong(upstream) => ProviderErrorCode.RequestTooLarge,
        // Gemini answers 400 to a wrong key; its OpenAI root leaves the reason out of the body.
        var text when providerId == "gemini" && ErrorTexts.SaysBadKey(text) => ProviderErrorCode.Authentication,
        _ => ProviderErrorCode.InvalidRequest,
    };

    private static bool IsTooLong(ErrorBody upstream) =>
        ErrorTokens.FamilyOf(upstream.Tokens, status: 400) == ErrorFamily.TooLarge || ErrorTexts.SaysTooLong(upstream.Message);

    // Those who are compatible with Together do as it does.
    private static ProviderErrorCode Forbidden(ErrorBody body) =>
        ErrorTexts.SaysTooLong(body.Message) ? ProviderErrorCode.RequestTooLarge : ProviderErrorCode.PermissionDenied;

    /// <summary>A full rate window, or one of the things that are reported as if they were one.</summary>
    private static ProviderErrorCode Window(ErrorBody body, TimeSpan? wait)
    {
        bool isZero = body.IsZeroQuota || ErrorTexts.SaysZeroLimit(body.Message);
        if (!isZero && ErrorTexts.SaysNeverFits(body.Message))
        {
            return ProviderErrorCode.RequestTooLarge;
        }

        bool isExhausted = isZero || body.IsDailyQuota || wait >= LongestWindow || ErrorTexts.SaysDaily(body.Message) || ErrorTexts.SaysNoCredit(body.Message);
        return isExhausted ? ProviderErrorCode.QuotaExhausted : ProviderErrorCode.RateLimited;
    }

    private static TimeSpan? Wait(ProviderErrorCode code, ErrorBody body, TimeSpan? wait, DateTimeOffset now) => code switch
    {
        // Retrying the same thing later changes nothing.
        ProviderErrorCode.InvalidRequest or ProviderErrorCode.Authentication or ProviderErrorCode.PermissionDenied or ProviderErrorCode.NotFound
            or ProviderErrorCode.RequestTooLarge or ProviderErrorCode.Cancelled or ProviderErrorCode.Unknown => null,
        // Gemini's RetryInfo is that of the minute even when it is the day that is used up.
        ProviderErrorCode.QuotaExhausted when body.IsDailyQuota => UntilMidnightPacific(now),
        _ => wait,
    };

    private static TimeSpan UntilMidnightPacific(DateTimeOffset now) => TimeSpan.FromDays(1) - now.ToOffset(Pacific).TimeOfDay;
}
