namespace AiLib.Dataflow.Providers.Tests.Errors;

/// <summary>Every row of the decision table, in the words the providers use. The time is 2026-03-01T06:00:00Z.</summary>
internal static class ErrorFixtures
{
    public static IReadOnlyList<ErrorFixture> All { get; } =
    [
        .. OpenAI(), .. Azure(), .. Anthropic(), .. Gemini(), .. Others(), .. AnyStatus(),
    ];

    private static IEnumerable<ErrorFixture> OpenAI()
    {
        yield return new(
            "window of requests", "openai", 429,
            """{"error":{"message":"Rate limit reached for gpt-4o in organization org-x on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.","type":"requests","param":null,"code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RateLimited, 20);
        yield return new(
            "window of tokens, wait in a header", "openai", 429,
            """{"error":{"message":"Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.","type":"tokens","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RateLimited, 1.5, "retry-after-ms: 1500", "retry-after: 2");
        yield return new(
            "quota by code", "openai", 429,
            """{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}""",
            ProviderErrorCode.QuotaExhausted);
        yield return new("quota by type", "openai", 429, """{"error":{"message":"x","type":"insufficient_quota","code":null}}""", ProviderErrorCode.QuotaExhausted);
        yield return new("credit balance", "openai", 429, """{"error":{"message":"x","code":"credit_balance_exhausted"}}""", ProviderErrorCode.QuotaExhausted);
        yield return new("spend limit", "openai", 429, """{"error":{"message":"x","code":"project_spend_limit_exceeded"}}""", ProviderErrorCode.QuotaExhausted);
        yield return new("usage limit", "openai", 429, """{"error":{"message":"x","code":"organization_usage_limit_exceeded"}}""", ProviderErrorCode.QuotaExhausted);
        yield return new(
            "never fits, said", "openai", 429,
            """{"error":{"message":"Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 45000.","type":"tokens","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RequestTooLarge);
        yield return new(
            "never fits, counted", "openai", 429,
            """{"error":{"message":"Limit 10,000, Used 0, Requested 10,001. Please try again in 6s.","type":"tokens","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RequestTooLarge);
        yield return new(
            "daily window", "openai", 429,
            """{"error":{"message":"Rate limit reached for gpt-4o on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.","type":"requests","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.QuotaExhausted, 432);
        yield return new(
            "wait beyond any window", "openai", 429,
            """{"error":{"message":"Rate limit reached. Please try again in 114h18m0s.","type":"requests","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.QuotaExhausted, (114 * 3600) + (18 * 60));
        yield return new("slow down", "openai", 503, """{"error":{"message":"Slow down","type":"server_error","code":"slow_down"}}""", ProviderErrorCode.Overloaded);
        yield return new("overloaded", "openai", 503, """{"error":{"message":"The engine is currently overloaded","type":"server_error"}}""", ProviderErrorCode.Overloaded, 3, "Retry-After: 3");
        yield return new(
            "context length", "openai", 400,
            """{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""",
            ProviderErrorCode.RequestTooLarge);
        yield return new("content policy", "openai", 400, """{"error":{"message":"x","type":"invalid_request_error","code":"content_policy_violation"}}""", ProviderErrorCode.InvalidRequest);
        yield return new("content filter", "openai", 400, """{"error":{"message":"x","code":"content_filter"}}""", ProviderErrorCode.InvalidRequest);
        yield return new("wrong key", "openai", 401, """{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}""", ProviderErrorCode.Authentication);
        yield return new("region", "openai", 403, """{"error":{"message":"Country not supported","type":"request_forbidden","code":"unsupported_country_region_territory"}}""", ProviderErrorCode.PermissionDenied);
        yield return new("model access", "openai", 403, """{"error":{"message":"Project does not have access to model gpt-5","type":"invalid_request_error","code":"model_not_found"}}""", ProviderErrorCode.PermissionDenied);
        yield return new("no such model", "openai", 404, """{"error":{"message":"The model does not exist","type":"invalid_request_error","code":"model_not_found"}}""", ProviderErrorCode.NotFound);
        yield return new("failed response behind 200", "openai", 200, """{"object":"response","status":"failed","error":{"code":"server_error","message":"x"}}""", ProviderErrorCode.ServerError);
    }

    private static IEnumerable<ErrorFixture> Azure()
    {
        yield return new(
            "window, code 429, text about quota", "azure", 429,
            """{"error":{"code":"429","message":"Requests to the ChatCompletions Operation have exceeded token rate limit. Please retry after 26 seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit."}}""",
            ProviderErrorCode.RateLimited, 26);
        yield return new("window, RateLimitReached", "azure", 429, """{"error":{"code":"RateLimitReached","message":"quota"}}""", ProviderErrorCode.RateLimited, 2, "x-ms-retry-after-ms: 2000");
        yield return new("window, too_many_requests", "azure", 429, """{"error":{"code":"too_many_requests","message":"Too many requests"}}""", ProviderErrorCode.RateLimited);
        yield return new(
            "a day in the header", "azure", 429, """{"error":{"code":"429","message":"x"}}""", ProviderErrorCode.QuotaExhausted, 86400, "Retry-After: 86400");
        yield return new(
            "content filter with inner error", "azure", 400,
            """{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{}}}}""",
            ProviderErrorCode.InvalidRequest);
    }

    private static IEnumerable<ErrorFixture> Anthropic()
    {
        static string Body(string type, string message) => $$"""{"type":"error","error":{"type":"{{type}}","message":"{{message}}"},"request_id":"req_1"}""";

        yield return new("window", "anthropic", 429, Body("rate_limit_error", "This request would exceed your organization's rate limit of 50 requests per minute"), ProviderErrorCode.RateLimited, 12, "retry-after: 12");
        yield return new("spend limit", "anthropic", 429, Body("rate_limit_error", "Your organization has reached its monthly spend limit"), ProviderErrorCode.QuotaExhausted);
        yield return new("overloaded", "anthropic", 529, Body("overloaded_error", "Overloaded"), ProviderErrorCode.Overloaded);
        yield return new("overloaded in a stream behind 200", "anthropic", 200, Body("overloaded_error", "Overloaded"), ProviderErrorCode.Overloaded);
        yield return new("no credit", "anthropic", 400, Body("invalid_request_error", "Your credit balance is too low to access the Anthropic API."), ProviderErrorCode.QuotaExhausted);
        yield return new("billing", "anthropic", 402, Body("billing_error", "x"), ProviderErrorCode.QuotaExhausted);
        yield return new("too long", "anthropic", 400, Body("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"), ProviderErrorCode.RequestTooLarge);
        yield return new("too large", "anthropic", 413, Body("request_too_large", "Request exceeds the maximum size"), ProviderErrorCode.RequestTooLarge);
        yield return new("server", "anthropic", 500, Body("api_error", "Internal server error"), ProviderErrorCode.ServerError);
        yield return new("timeout", "anthropic", 504, Body("timeout_error", "x"), ProviderErrorCode.Timeout);
        yield return new("key", "anthropic", 401, Body("authentication_error", "invalid x-api-key"), ProviderErrorCode.Authentication);
        yield return new("permission", "anthropic", 403, Body("permission_error", "x"), ProviderErrorCode.PermissionDenied);
        yield return new("not found", "anthropic", 404, Body("not_found_error", "model: x"), ProviderErrorCode.NotFound);
        yield return new("malformed", "anthropic", 400, Body("invalid_request_error", "max_tokens: Field required"), ProviderErrorCode.InvalidRequest);
    }

    private static IEnumerable<ErrorFixture> Gemini()
    {
        static string Quota(string quotaId, string value, string delay) =>
            $$"""{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"m","quotaId":"{{quotaId}}","quotaValue":"{{value}}"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{{delay}}"}]} }""";

        yield return new("minute", "gemini", 429, Quota("GenerateRequestsPerMinutePerProjectPerModel", "10", "46s"), ProviderErrorCode.RateLimited, 46);
        yield return new("minute, in a list", "gemini", 429, "[" + Quota("GenerateRequestsPerMinutePerProjectPerModel", "10", "46.5s") + "]", ProviderErrorCode.RateLimited, 46.5);
        // From 06:00 UTC to midnight at UTC-8.
        yield return new("day", "gemini", 429, Quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250", "46s"), ProviderErrorCode.QuotaExhausted, 2 * 3600);
        yield return new("limit 0", "gemini", 429, Quota("GenerateContentInputTokensPerModelPerMinute-FreeTier", "0", "46s"), ProviderErrorCode.QuotaExhausted);
        yield return new(
            "limit 0 in the text", "gemini", 429, """{"error":{"code":429,"message":"Quota exceeded for metric: m, limit: 0","status":"RESOURCE_EXHAUSTED"}}""", ProviderErrorCode.QuotaExhausted);
        yield return new(
            "hours in the text", "gemini", 429, """{"error":{"code":429,"message":"Quota exceeded. Please retry in 10h17m5.7s.","status":"RESOURCE_EXHAUSTED"}}""",
            ProviderErrorCode.QuotaExhausted, (10 * 3600) + (17 * 60) + 5.7);
        yield return new("overloaded", "gemini", 503, """{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}""", ProviderErrorCode.Overloaded);
        yield return new("overloaded, other word", "gemini", 503, """{"error":{"code":503,"message":"x","status":"RESOURCE_EXHAUSTED"}}""", ProviderErrorCode.Overloaded);
        yield return new("malformed", "gemini", 400, """{"error":{"code":400,"message":"Invalid value at 'contents'","status":"INVALID_ARGUMENT"}}""", ProviderErrorCode.InvalidRequest);
        yield return new(
            "wrong key", "gemini", 400,
            """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}""",
            ProviderErrorCode.Authentication);
        yield return new("wrong key without the reason", "gemini", 400, """[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]""", ProviderErrorCode.Authentication);
        yield return new(
            "wrong key, 403", "gemini", 403, """{"error":{"code":403,"message":"x","status":"PERMISSION_DENIED","details":[{"reason":"API_KEY_INVALID"}]}}""", ProviderErrorCode.Authentication);
        yield return new("permission", "gemini", 403, """{"error":{"code":403,"message":"x","status":"PERMISSION_DENIED"}}""", ProviderErrorCode.PermissionDenied);
        yield return new("deadline", "gemini", 504, """{"error":{"code":504,"message":"x","status":"DEADLINE_EXCEEDED"}}""", ProviderErrorCode.Timeout);
    }

    private static IEnumerable<ErrorFixture> Others()
    {
        yield return new("no balance", "deepseek", 402, """{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}""", ProviderErrorCode.QuotaExhausted);
        yield return new("pace", "deepseek", 429, """{"error":{"message":"Rate limit reached"}}""", ProviderErrorCode.RateLimited);
        yield return new("server", "deepseek", 500, """{"error":{"message":"x"}}""", ProviderErrorCode.ServerError);
        yield return new("overload", "deepseek", 503, """{"error":{"message":"x"}}""", ProviderErrorCode.Overloaded);
        yield return new("parameters", "deepseek", 422, """{"error":{"message":"x","type":"invalid_request_error"}}""", ProviderErrorCode.InvalidRequest);
        yield return new("credits", "openrouter", 402, """{"error":{"code":402,"message":"Insufficient credits"}}""", ProviderErrorCode.QuotaExhausted);
        yield return new(
            "upstream", "openrouter", 429, """{"error":{"code":429,"message":"Provider returned error","metadata":{"provider_name":"x","raw":"busy","retry_after_seconds":7.5}}}""", ProviderErrorCode.RateLimited, 7.5);
        yield return new(
            "upstream, header in the body", "openrouter", 429, """{"error":{"code":429,"message":"x","metadata":{"headers":{"Retry-After":"9"}}}}""", ProviderErrorCode.RateLimited, 9);
        yield return new(
            "own limit", "openrouter", 429, """{"error":{"code":429,"message":"Rate limit exceeded: limit_rpm"}}""", ProviderErrorCode.RateLimited, 30,
            "X-RateLimit-Limit: 20", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1772344830000");
        yield return new("bad upstream", "openrouter", 502, """{"error":{"code":502,"message":"x"}}""", ProviderErrorCode.ServerError);
        yield return new("none available", "openrouter", 503, """{"error":{"code":503,"message":"x"}}""", ProviderErrorCode.Overloaded);
        yield return new("bad upstream behind 200", "openrouter", 200, """{"error":{"code":502,"message":"x"}}""", ProviderErrorCode.ServerError);
        yield return new("pace behind 200", "openrouter", 200, """{"error":{"code":429,"message":"x"}}""", ProviderErrorCode.RateLimited);
        yield return new("spend limit", "together", 402, """{"error":{"message":"x","type":"credit_limit"}}""", ProviderErrorCode.QuotaExhausted);
        yield return new("too long", "together", 403, """{"error":{"message":"Input exceeds the context length: context length exceeded","type":"invalid_request_error"}}""", ProviderErrorCode.RequestTooLarge);
        yield return new(
            "larger than the window", "groq", 413, """{"error":{"message":"Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7500","type":"tokens","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RequestTooLarge);
        yield return new(
            "window with reset", "groq", 429, """{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}""", ProviderErrorCode.RateLimited, 7.66,
            "x-ratelimit-remaining-requests: 14370", "x-ratelimit-reset-requests: 2m59.56s", "x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: 7.66s");
        yield return new(
            "flat form", "vllm", 400, """{"object":"error","message":"This model's maximum context length is 4096 tokens","type":"BadRequestError","param":null,"code":400}""", ProviderErrorCode.RequestTooLarge);
        yield return new("flat form, no model", "vllm", 404, """{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}""", ProviderErrorCode.NotFound);
        yield return new("detail list", "mistral", 422, """{"detail":[{"loc":["body"],"msg":"field required","type":"value_error"}]}""", ProviderErrorCode.InvalidRequest);
        yield return new("flat, no key", "mistral", 401, """{"message":"Unauthorized","request_id":"r"}""", ProviderErrorCode.Authentication);
    }

    private static IEnumerable<ErrorFixture> AnyStatus()
    {
        (int Status, ProviderErrorCode Code)[] table =
        [
            (400, ProviderErrorCode.InvalidRequest), (401, ProviderErrorCode.Authentication), (402, ProviderErrorCode.QuotaExhausted), (403, ProviderErrorCode.PermissionDenied),
            (404, ProviderErrorCode.NotFound), (405, ProviderErrorCode.InvalidRequest), (408, ProviderErrorCode.Timeout), (409, ProviderErrorCode.Conflict),
            (413, ProviderErrorCode.RequestTooLarge), (418, ProviderErrorCode.InvalidRequest), (422, ProviderErrorCode.InvalidRequest), (429, ProviderErrorCode.RateLimited),
            (499, ProviderErrorCode.Cancelled), (500, ProviderErrorCode.ServerError), (501, ProviderErrorCode.ServerError), (502, ProviderErrorCode.ServerError),
            (503, ProviderErrorCode.Overloaded), (504, ProviderErrorCode.Timeout), (520, ProviderErrorCode.ServerError), (529, ProviderErrorCode.Overloaded),
            (600, ProviderErrorCode.Unknown), (199, ProviderErrorCode.Unknown),
        ];
        string[] bodies =
        [
            "", " ", "[]", "[1,2]", "\"text\"", "429", "null", "true", "{}", "<html><body>Bad Gateway</body></html>", "{\"error\":", "{\"error\":null}", "{\"error\":\"text\"}", "{\"error\":[]}",
            "{\"error\":[\"x\"]}", "{\"error\":5}", "{\"error\":{}}", "{\"error\":{\"code\":{},\"type\":[],\"message\":7}}", "{\"error\":{\"message\":\"\\ud800\",\"code\":\"\\udc00\"}}",
            "{\"error\":{\"details\":{},\"metadata\":[]}}", "{\"error\":{\"details\":[1,null,[],{\"violations\":3}]}}", "[[[]]]", "[null]", "\u0000", "{\"detail\":5}", "{\"detail\":[]}", "{\"detail\":[1]}",
        ];
        foreach ((int status, ProviderErrorCode code) in table)
        {
            foreach (string body in bodies)
            {
                yield return new($"body {body}", "compatible", status, body, code);
            }
        }
    }
}
