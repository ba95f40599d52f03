namespace AiLib.Dataflow.Providers.Tests.Errors;

/// <summary>
/// What providers mean by their errors, row by row. The rows about the network, where there is no answer to classify, are in TransportFaultTests.
/// </summary>
/// <remarks>
/// Where only some other target would do (a larger context, another key, another region), the row gives up: a request that is at fault is not sent to every
/// target in turn. A limit of the account alone, a 429, goes elsewhere.
/// </remarks>
internal static class DecisionTable
{
    private static readonly Then[] Wait = [Then.WaitThenRetry, Then.BackOff];
    private static readonly Then[] BackOff = [Then.BackOff, Then.WaitThenRetry];
    private static readonly Then[] Elsewhere = [Then.Elsewhere];
    private static readonly Then[] Park = [Then.Park];
    private static readonly Then[] GiveUp = [Then.GiveUp];

    public static IReadOnlyList<DecisionRow> All { get; } =
    [
        new("OpenAI 429 rate_limit_exceeded", ProviderErrorCode.RateLimited, Wait, "openai 429: window of requests", "openai 429: window of tokens, wait in a header"),
        new("OpenAI 429 insufficient_quota, credit, spend and usage limits", ProviderErrorCode.QuotaExhausted, Elsewhere,
            "openai 429: quota by code", "openai 429: quota by type", "openai 429: credit balance", "openai 429: spend limit", "openai 429: usage limit"),
        new("OpenAI 429 larger than the limit", ProviderErrorCode.RequestTooLarge, Elsewhere, "openai 429: never fits, said", "openai 429: never fits, counted"),
        new("OpenAI 429 day, or a wait beyond any window", ProviderErrorCode.QuotaExhausted, Park,
            "openai 429: daily window", "openai 429: daily window of tokens", "openai 429: wait beyond any window"),
        new("OpenAI 503 slow_down, overloaded", ProviderErrorCode.Overloaded, BackOff, "openai 503: slow down", "openai 503: overloaded"),
        new("OpenAI 400 context_length_exceeded", ProviderErrorCode.RequestTooLarge, GiveUp, "openai 400: context length", "openai 400: context length without the code"),
        new("OpenAI 400 content", ProviderErrorCode.InvalidRequest, GiveUp, "openai 400: content policy", "openai 400: content filter"),
        new("OpenAI 401", ProviderErrorCode.Authentication, Elsewhere, "openai 401: wrong key"),
        new("OpenAI 403", ProviderErrorCode.PermissionDenied, GiveUp, "openai 403: region", "openai 403: model access"),
        new("Azure 429", ProviderErrorCode.RateLimited, Wait,
            "azure 429: window, code 429, text about quota", "azure 429: window, RateLimitReached", "azure 429: window, too_many_requests"),
        new("Azure 400 content_filter", ProviderErrorCode.InvalidRequest, GiveUp, "azure 400: content filter with inner error"),
        new("Anthropic 429 rate_limit_error", ProviderErrorCode.RateLimited, Wait, "anthropic 429: window"),
        new("Anthropic 429 spend limit", ProviderErrorCode.QuotaExhausted, Elsewhere, "anthropic 429: spend limit"),
        new("Anthropic 529", ProviderErrorCode.Overloaded, BackOff, "anthropic 529: overloaded", "anthropic 200: overloaded in a stream behind 200"),
        new("Anthropic 400 credit balance", ProviderErrorCode.QuotaExhausted, Elsewhere, "anthropic 400: no credit"),
        new("Anthropic 402", ProviderErrorCode.QuotaExhausted, Elsewhere, "anthropic 402: billing"),
        new("Anthropic 400 too long", ProviderErrorCode.RequestTooLarge, GiveUp, "anthropic 400: too long"),
        new("Anthropic 413", ProviderErrorCode.RequestTooLarge, GiveUp, "anthropic 413: too large"),
        new("Anthropic 500", ProviderErrorCode.ServerError, BackOff, "anthropic 500: server"),
        new("Anthropic 504", ProviderErrorCode.Timeout, BackOff, "anthropic 504: timeout"),
        new("Gemini 429 PerMinute with RetryInfo", ProviderErrorCode.RateLimited, Wait, "gemini 429: minute", "gemini 429: minute, in a list"),
        new("Gemini 429 PerDay", ProviderErrorCode.QuotaExhausted, Park, "gemini 429: day", "gemini 429: hours in the text"),
        new("Gemini 429 limit 0", ProviderErrorCode.QuotaExhausted, Elsewhere,
            "gemini 429: limit 0", "gemini 429: limit 0 in the text", "gemini 429: limit 0 with a model behind it"),
        new("Gemini 503", ProviderErrorCode.Overloaded, BackOff, "gemini 503: overloaded", "gemini 503: overloaded, other word"),
        new("Gemini 400 INVALID_ARGUMENT", ProviderErrorCode.InvalidRequest, GiveUp, "gemini 400: malformed"),
        new("Gemini 400 and 403 API_KEY_INVALID", ProviderErrorCode.Authentication, Elsewhere,
            "gemini 400: wrong key", "gemini 400: wrong key without the reason", "gemini 403: wrong key, 403"),
        new("Gemini 504", ProviderErrorCode.Timeout, BackOff, "gemini 504: deadline"),
        new("DeepSeek 402", ProviderErrorCode.QuotaExhausted, Elsewhere, "deepseek 402: no balance"),
        new("DeepSeek 429", ProviderErrorCode.RateLimited, Wait, "deepseek 429: pace"),
        new("DeepSeek 500", ProviderErrorCode.ServerError, BackOff, "deepseek 500: server"),
        new("DeepSeek 503", ProviderErrorCode.Overloaded, BackOff, "deepseek 503: overload"),
        new("DeepSeek 422", ProviderErrorCode.InvalidRequest, GiveUp, "deepseek 422: parameters"),
        new("OpenRouter 402", ProviderErrorCode.QuotaExhausted, Elsewhere, "openrouter 402: credits"),
        new("OpenRouter 429", ProviderErrorCode.RateLimited, Wait,
            "openrouter 429: upstream", "openrouter 429: upstream, header in the body", "openrouter 429: own limit", "openrouter 429: upstream's pool, said in raw",
            "openrouter 429: upstream's wait in raw", "openrouter 200: pace behind 200"),
        new("OpenRouter 502", ProviderErrorCode.ServerError, BackOff, "openrouter 502: bad upstream", "openrouter 200: bad upstream behind 200"),
        new("OpenRouter 503", ProviderErrorCode.Overloaded, BackOff, "openrouter 503: none available"),
        new("Together 402", ProviderErrorCode.QuotaExhausted, Elsewhere, "together 402: spend limit"),
        new("Together 403", ProviderErrorCode.RequestTooLarge, GiveUp, "together 403: too long", "together 403: too long, in the status alone"),
        new("any: cancelled", ProviderErrorCode.Cancelled, GiveUp, "compatible-499 499: cancelled"),
        new("any: 409", ProviderErrorCode.Conflict, [Then.SameTarget], "compatible-409 409: conflict, which is retried and not only called so"),
    ];
}
