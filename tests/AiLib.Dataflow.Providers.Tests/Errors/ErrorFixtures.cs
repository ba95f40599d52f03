namespace AiLib.Dataflow.Providers.Tests.Errors;

/// <summary>Every row of the decision table, in the words the providers use. The time is 2026-03-01T06:00:00Z.</summary>
internal static class ErrorFixtures
{
    public static IReadOnlyList<ErrorFixture> All { get; } =
    [
        .. OpenAI(), .. Azure(), .. Anthropic(), .. Gemini(), .. Others(), .. Misread(), .. AnyStatus(),
    ];

    private static IEnumerable<ErrorFixture> OpenAI()
    {
        yield return new(
            "window of requests", "openai", 429,
            """{"error":{"message":"Rate limit reached for gpt-4o in organization org-x on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.","type":"requests","param":null,"code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RateLimited, Then.WaitThenRetry, 20);
        yield return new(
            "window of tokens, wait in a header", "openai", 429,
            """{"error":{"message":"Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.","type":"tokens","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RateLimited, Then.WaitThenRetry, 1.5, "retry-after-ms: 1500", "retry-after: 2");
        yield return new(
            "quota by code", "openai", 429,
            """{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}""",
            ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new("quota by type", "openai", 429, """{"error":{"message":"x","type":"insufficient_quota","code":null}}""", ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new("credit balance", "openai", 429, """{"error":{"message":"x","code":"credit_balance_exhausted"}}""", ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new("spend limit", "openai", 429, """{"error":{"message":"x","code":"project_spend_limit_exceeded"}}""", ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new("usage limit", "openai", 429, """{"error":{"message":"x","code":"organization_usage_limit_exceeded"}}""", ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new(
            "never fits, said", "openai", 429,
            """{"error":{"message":"Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 45000.","type":"tokens","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RequestTooLarge, Then.Elsewhere);
        yield return new(
            "never fits, counted", "openai", 429,
            """{"error":{"message":"Limit 10,000, Used 0, Requested 10,001. Please try again in 6s.","type":"tokens","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RequestTooLarge, Then.Elsewhere);
        yield return new(
            "daily window", "openai", 429,
            """{"error":{"message":"Rate limit reached for gpt-4o on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.","type":"requests","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.QuotaExhausted, Then.Park, 432);
        yield return new(
            "wait beyond any window", "openai", 429,
            """{"error":{"message":"Rate limit reached. Please try again in 114h18m0s.","type":"requests","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.QuotaExhausted, Then.Park, (114 * 3600) + (18 * 60));
        yield return new(
            "window, more than what is left and less than the limit", "openai", 429,
            """{"error":{"message":"Request too large for now on tokens per min (TPM): Limit 30000, Used 29500, Requested 900. Please try again in 800ms.","type":"tokens","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RateLimited, Then.WaitThenRetry, 0.8);
        yield return new(
            "daily window of tokens", "openai", 429,
            """{"error":{"message":"Rate limit reached on tokens per day (TPD): Limit 90000, Used 89000, Requested 2000. Please try again in 17m16.8s.","type":"tokens","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.QuotaExhausted, Then.Park, (17 * 60) + 16.8);
        yield return new("slow down", "openai", 503, """{"error":{"message":"Slow down","type":"server_error","code":"slow_down"}}""", ProviderErrorCode.Overloaded, Then.BackOff);
        yield return new("overloaded", "openai", 503, """{"error":{"message":"The engine is currently overloaded","type":"server_error"}}""", ProviderErrorCode.Overloaded, Then.WaitThenRetry, 3, "Retry-After: 3");
        yield return new(
            "context length", "openai", 400,
            """{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""",
            ProviderErrorCode.RequestTooLarge, Then.GiveUp);
        yield return new(
            "context length without the code", "openai", 400,
            """{"error":{"message":"This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.","type":"invalid_request_error","param":"messages","code":null}}""",
            ProviderErrorCode.RequestTooLarge, Then.GiveUp);
        yield return new("content policy", "openai", 400, """{"error":{"message":"x","type":"invalid_request_error","code":"content_policy_violation"}}""", ProviderErrorCode.InvalidRequest, Then.GiveUp);
        yield return new("content filter", "openai", 400, """{"error":{"message":"x","code":"content_filter"}}""", ProviderErrorCode.InvalidRequest, Then.GiveUp);
        yield return new("wrong key", "openai", 401, """{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}""", ProviderErrorCode.Authentication, Then.Elsewhere);
        yield return new("region", "openai", 403, """{"error":{"message":"Country not supported","type":"request_forbidden","code":"unsupported_country_region_territory"}}""", ProviderErrorCode.PermissionDenied, Then.GiveUp);
        yield return new("model access", "openai", 403, """{"error":{"message":"Project does not have access to model gpt-5","type":"invalid_request_error","code":"model_not_found"}}""", ProviderErrorCode.PermissionDenied, Then.GiveUp);
        yield return new("no such model", "openai", 404, """{"error":{"message":"The model does not exist","type":"invalid_request_error","code":"model_not_found"}}""", ProviderErrorCode.NotFound, Then.GiveUp);
        yield return new("failed response behind 200", "openai", 200, """{"object":"response","status":"failed","error":{"code":"server_error","message":"x"}}""", ProviderErrorCode.ServerError, Then.BackOff);
    }

    private static IEnumerable<ErrorFixture> Azure()
    {
        yield return new(
            "window, code 429, text about quota", "azure", 429,
            """{"error":{"code":"429","message":"Requests to the ChatCompletions Operation have exceeded token rate limit. Please retry after 26 seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit."}}""",
            ProviderErrorCode.RateLimited, Then.WaitThenRetry, 26);
        yield return new("window, RateLimitReached", "azure", 429, """{"error":{"code":"RateLimitReached","message":"quota"}}""", ProviderErrorCode.RateLimited, Then.WaitThenRetry, 2, "x-ms-retry-after-ms: 2000");
        yield return new("window, too_many_requests", "azure", 429, """{"error":{"code":"too_many_requests","message":"Too many requests"}}""", ProviderErrorCode.RateLimited, Then.BackOff);
        yield return new(
            "a day in the header", "azure", 429, """{"error":{"code":"429","message":"x"}}""", ProviderErrorCode.QuotaExhausted, Then.Park, 86400, "Retry-After: 86400");
        yield return new(
            "content filter with inner error", "azure", 400,
            """{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{}}}}""",
            ProviderErrorCode.InvalidRequest, Then.GiveUp);
    }

    private static IEnumerable<ErrorFixture> Anthropic()
    {
        static string Body(string type, string message) => $$"""{"type":"error","error":{"type":"{{type}}","message":"{{message}}"},"request_id":"req_1"}""";

        yield return new("window", "anthropic", 429, Body("rate_limit_error", "This request would exceed your organization's rate limit of 50 requests per minute"), ProviderErrorCode.RateLimited, Then.WaitThenRetry, 12, "retry-after: 12");
        yield return new("spend limit", "anthropic", 429, Body("rate_limit_error", "Your organization has reached its monthly spend limit"), ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new("overloaded", "anthropic", 529, Body("overloaded_error", "Overloaded"), ProviderErrorCode.Overloaded, Then.BackOff);
        yield return new("overloaded in a stream behind 200", "anthropic", 200, Body("overloaded_error", "Overloaded"), ProviderErrorCode.Overloaded, Then.BackOff);
        yield return new("no credit", "anthropic", 400, Body("invalid_request_error", "Your credit balance is too low to access the Anthropic API."), ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new("billing", "anthropic", 402, Body("billing_error", "x"), ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new("too long", "anthropic", 400, Body("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"), ProviderErrorCode.RequestTooLarge, Then.GiveUp);
        yield return new("too large", "anthropic", 413, Body("request_too_large", "Request exceeds the maximum size"), ProviderErrorCode.RequestTooLarge, Then.GiveUp);
        yield return new("server", "anthropic", 500, Body("api_error", "Internal server error"), ProviderErrorCode.ServerError, Then.BackOff);
        yield return new("timeout", "anthropic", 504, Body("timeout_error", "x"), ProviderErrorCode.Timeout, Then.BackOff);
        yield return new("key", "anthropic", 401, Body("authentication_error", "invalid x-api-key"), ProviderErrorCode.Authentication, Then.Elsewhere);
        yield return new("permission", "anthropic", 403, Body("permission_error", "x"), ProviderErrorCode.PermissionDenied, Then.GiveUp);
        yield return new("not found", "anthropic", 404, Body("not_found_error", "model: x"), ProviderErrorCode.NotFound, Then.GiveUp);
        yield return new("malformed", "anthropic", 400, Body("invalid_request_error", "max_tokens: Field required"), ProviderErrorCode.InvalidRequest, Then.GiveUp);
    }

    private static IEnumerable<ErrorFixture> Gemini()
    {
        static string Quota(string quotaId, string value, string delay) =>
            $$"""{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"m","quotaId":"{{quotaId}}","quotaValue":"{{value}}"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{{delay}}"}]} }""";

        yield return new("minute", "gemini", 429, Quota("GenerateRequestsPerMinutePerProjectPerModel", "10", "46s"), ProviderErrorCode.RateLimited, Then.WaitThenRetry, 46);
        yield return new("minute, in a list", "gemini", 429, "[" + Quota("GenerateRequestsPerMinutePerProjectPerModel", "10", "46.5s") + "]", ProviderErrorCode.RateLimited, Then.WaitThenRetry, 46.5);
        // From 06:00 UTC to midnight at UTC-8.
        yield return new("day", "gemini", 429, Quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250", "46s"), ProviderErrorCode.QuotaExhausted, Then.Park, 2 * 3600);
        yield return new("limit 0", "gemini", 429, Quota("GenerateContentInputTokensPerModelPerMinute-FreeTier", "0", "46s"), ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new(
            "limit 0 in the text", "gemini", 429, """{"error":{"code":429,"message":"Quota exceeded for metric: m, limit: 0","status":"RESOURCE_EXHAUSTED"}}""", ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new(
            "hours in the text", "gemini", 429, """{"error":{"code":429,"message":"Quota exceeded. Please retry in 10h17m5.7s.","status":"RESOURCE_EXHAUSTED"}}""",
            ProviderErrorCode.QuotaExhausted, Then.Park, (10 * 3600) + (17 * 60) + 5.7);
        yield return new("overloaded", "gemini", 503, """{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}""", ProviderErrorCode.Overloaded, Then.BackOff);
        yield return new("overloaded, other word", "gemini", 503, """{"error":{"code":503,"message":"x","status":"RESOURCE_EXHAUSTED"}}""", ProviderErrorCode.Overloaded, Then.BackOff);
        yield return new(
            "too long", "gemini", 400, """{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}""",
            ProviderErrorCode.RequestTooLarge, Then.GiveUp);
        yield return new(
            "limit 0 with a model behind it", "gemini", 429,
            """{"error":{"code":429,"message":"Quota exceeded for metric: generate_content_free_tier_requests, limit: 0, model: gemini-x\nPlease retry in 46.1s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"m","quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"46s"}]}}""",
            ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new(
            "limit of ten is not limit 0", "gemini", 429, """{"error":{"code":429,"message":"Quota exceeded for metric: m, limit: 10. Please retry in 20s.","status":"RESOURCE_EXHAUSTED"}}""",
            ProviderErrorCode.RateLimited, Then.WaitThenRetry, 20);
        yield return new("malformed", "gemini", 400, """{"error":{"code":400,"message":"Invalid value at 'contents'","status":"INVALID_ARGUMENT"}}""", ProviderErrorCode.InvalidRequest, Then.GiveUp);
        yield return new(
            "wrong key", "gemini", 400,
            """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}""",
            ProviderErrorCode.Authentication, Then.Elsewhere);
        yield return new("wrong key without the reason", "gemini", 400, """[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]""", ProviderErrorCode.Authentication, Then.Elsewhere);
        yield return new(
            "wrong key, 403", "gemini", 403, """{"error":{"code":403,"message":"x","status":"PERMISSION_DENIED","details":[{"reason":"API_KEY_INVALID"}]}}""", ProviderErrorCode.Authentication, Then.Elsewhere);
        yield return new("permission", "gemini", 403, """{"error":{"code":403,"message":"x","status":"PERMISSION_DENIED"}}""", ProviderErrorCode.PermissionDenied, Then.GiveUp);
        yield return new("deadline", "gemini", 504, """{"error":{"code":504,"message":"x","status":"DEADLINE_EXCEEDED"}}""", ProviderErrorCode.Timeout, Then.BackOff);
    }

    private static IEnumerable<ErrorFixture> Others()
    {
        yield return new("no balance", "deepseek", 402, """{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}""", ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new("pace", "deepseek", 429, """{"error":{"message":"Rate limit reached"}}""", ProviderErrorCode.RateLimited, Then.BackOff);
        yield return new("server", "deepseek", 500, """{"error":{"message":"x"}}""", ProviderErrorCode.ServerError, Then.BackOff);
        yield return new("overload", "deepseek", 503, """{"error":{"message":"x"}}""", ProviderErrorCode.Overloaded, Then.BackOff);
        yield return new("parameters", "deepseek", 422, """{"error":{"message":"x","type":"invalid_request_error"}}""", ProviderErrorCode.InvalidRequest, Then.GiveUp);
        yield return new("credits", "openrouter", 402, """{"error":{"code":402,"message":"Insufficient credits"}}""", ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new(
            "upstream", "openrouter", 429, """{"error":{"code":429,"message":"Provider returned error","metadata":{"provider_name":"x","raw":"busy","retry_after_seconds":7.5}}}""", ProviderErrorCode.RateLimited, Then.WaitThenRetry, 7.5);
        yield return new(
            "upstream, header in the body", "openrouter", 429, """{"error":{"code":429,"message":"x","metadata":{"headers":{"Retry-After":"9"}}}}""", ProviderErrorCode.RateLimited, Then.WaitThenRetry, 9);
        yield return new(
            "own limit", "openrouter", 429, """{"error":{"code":429,"message":"Rate limit exceeded: limit_rpm"}}""", ProviderErrorCode.RateLimited, Then.WaitThenRetry, 30,
            "X-RateLimit-Limit: 20", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1772344830000");
        yield return new(
            "upstream's pool, said in raw", "openrouter", 429,
            """{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"x/model is temporarily rate-limited upstream. Please retry shortly, or add your own key.","provider_name":"x","error_type":"rate_limit_exceeded"}}}""",
            ProviderErrorCode.RateLimited, Then.BackOff);
        yield return new(
            "upstream's wait in raw", "openrouter", 429,
            """{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"{\"error\":{\"message\":\"Rate limit reached. Please try again in 4s.\",\"code\":\"rate_limit_exceeded\"}}","provider_name":"x"}}}""",
            ProviderErrorCode.RateLimited, Then.WaitThenRetry, 4);
        yield return new(
            "upstream's quota is not ours", "openrouter", 429,
            """{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}},"provider_name":"x"}}}""",
            ProviderErrorCode.RateLimited, Then.BackOff);
        yield return new(
            "too long, said in raw", "openrouter", 400,
            """{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"too many\",\"code\":\"context_length_exceeded\"}}","provider_name":"x"}}}""",
            ProviderErrorCode.RequestTooLarge, Then.GiveUp);
        yield return new(
            "free models' day, reset in the body", "openrouter", 429,
            """{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1772409600000"},"provider_name":null}}}""",
            ProviderErrorCode.QuotaExhausted, Then.Park, 18 * 3600);
        yield return new("bad upstream", "openrouter", 502, """{"error":{"code":502,"message":"x"}}""", ProviderErrorCode.ServerError, Then.BackOff);
        yield return new("none available", "openrouter", 503, """{"error":{"code":503,"message":"x"}}""", ProviderErrorCode.Overloaded, Then.BackOff);
        yield return new("bad upstream behind 200", "openrouter", 200, """{"error":{"code":502,"message":"x"}}""", ProviderErrorCode.ServerError, Then.BackOff);
        yield return new("pace behind 200", "openrouter", 200, """{"error":{"code":429,"message":"x"}}""", ProviderErrorCode.RateLimited, Then.BackOff);
        yield return new("spend limit", "together", 402, """{"error":{"message":"x","type":"credit_limit"}}""", ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new("too long", "together", 403, """{"error":{"message":"Input exceeds the context length: context length exceeded","type":"invalid_request_error"}}""", ProviderErrorCode.RequestTooLarge, Then.GiveUp);
        yield return new("too long, in the status alone", "together", 403, """{"error":{"message":"Bad Request"}}""", ProviderErrorCode.RequestTooLarge, Then.GiveUp);
        yield return new(
            "no permission, in a word", "together", 403, """{"error":{"message":"x","code":"permission_denied"}}""", ProviderErrorCode.PermissionDenied, Then.GiveUp);
        yield return new("403 elsewhere", "deepseek", 403, """{"error":{"message":"Forbidden"}}""", ProviderErrorCode.PermissionDenied, Then.GiveUp);
        yield return new("larger than the window, in the status alone", "groq", 413, """{"error":{"message":"x","code":"rate_limit_exceeded"}}""", ProviderErrorCode.RequestTooLarge, Then.GiveUp);
        yield return new(
            "larger than the window", "groq", 413, """{"error":{"message":"Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7500","type":"tokens","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RequestTooLarge, Then.Elsewhere);
        yield return new(
            "window with reset", "groq", 429, """{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}""", ProviderErrorCode.RateLimited, Then.WaitThenRetry, 7.66,
            "x-ratelimit-remaining-requests: 14370", "x-ratelimit-reset-requests: 2m59.56s", "x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: 7.66s");
        yield return new(
            "flat form", "vllm", 400, """{"object":"error","message":"This model's maximum context length is 4096 tokens","type":"BadRequestError","param":null,"code":400}""", ProviderErrorCode.RequestTooLarge, Then.GiveUp);
        yield return new("flat form, no model", "vllm", 404, """{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}""", ProviderErrorCode.NotFound, Then.GiveUp);
        yield return new("detail list", "mistral", 422, """{"detail":[{"loc":["body"],"msg":"field required","type":"value_error"}]}""", ProviderErrorCode.InvalidRequest, Then.GiveUp);
        yield return new("flat, no key", "mistral", 401, """{"message":"Unauthorized","request_id":"r"}""", ProviderErrorCode.Authentication, Then.Elsewhere);
    }

    /// <summary>What the Python runtime took for something else: by a substring, a status beside its table, or a header it could not read.</summary>
    private static IEnumerable<ErrorFixture> Misread()
    {
        yield return new(
            "a minute, with billing in the text", "openai", 429,
            """{"error":{"message":"Rate limit reached for default-gpt-4o on requests per min. Limit: 3 / min. Please try again in 20s. Contact us if you continue to have issues. Please add a payment method to your account to increase your rate limit. Visit https://platform.openai.com/account/billing to add a payment method. Check your quota.","type":"requests","code":"rate_limit_exceeded"}}""",
            ProviderErrorCode.RateLimited, Then.WaitThenRetry, 20);
        yield return new(
            "a minute, with quota in the text and no code of its own", "azure", 429,
            """{"error":{"code":"429","message":"Requests to the Embeddings_Create Operation have exceeded call rate limit of your current pricing tier. Please retry after 5 seconds. Please go here to increase the default quota."}}""",
            ProviderErrorCode.RateLimited, Then.WaitThenRetry, 5);
        yield return new(
            "a minute, with quota, plan and billing in the text", "gemini", 429,
            """{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. Please retry in 12s.","status":"RESOURCE_EXHAUSTED"}}""",
            ProviderErrorCode.RateLimited, Then.WaitThenRetry, 12);
        yield return new(
            "no balance under another status", "deepseek", 400, """{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}""",
            ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new(
            "usage limit set by the user", "anthropic", 400,
            """{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-04-01 at 00:00 UTC."}}""",
            ProviderErrorCode.QuotaExhausted, Then.Elsewhere);
        yield return new("quota is not retried because of its 429", "openai", 429, """{"error":{"message":"x","code":"insufficient_quota"}}""", ProviderErrorCode.QuotaExhausted, Then.Park, 2, "Retry-After: 2");
        yield return new("wait as a date", "openai", 429, """{"error":{"message":"x"}}""", ProviderErrorCode.RateLimited, Then.WaitThenRetry, 30, "Retry-After: Sun, 01 Mar 2026 06:00:30 GMT");
        yield return new("wait without end", "openai", 429, """{"error":{"message":"x"}}""", ProviderErrorCode.RateLimited, Then.BackOff, null, "Retry-After: inf");
        yield return new("wait in milliseconds", "openai", 503, """{"error":{"message":"x"}}""", ProviderErrorCode.Overloaded, Then.WaitThenRetry, 0.02, "retry-after-ms: 20");
        yield return new(
            "reset in milliseconds", "openai", 429, """{"error":{"message":"x","code":"rate_limit_exceeded"}}""", ProviderErrorCode.RateLimited, Then.WaitThenRetry, 0.02,
            "x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 20ms");
        yield return new("body that is a list", "openai", 429, """["slow","down"]""", ProviderErrorCode.RateLimited, Then.BackOff);
        yield return new("body that is a string", "openai", 429, "\"Too Many Requests\"", ProviderErrorCode.RateLimited, Then.BackOff);
        yield return new("body that is a number", "openai", 429, "429", ProviderErrorCode.RateLimited, Then.BackOff);
        yield return new("error that is a string", "openai", 429, """{"error":"Too Many Requests"}""", ProviderErrorCode.RateLimited, Then.BackOff);

        // Where the runtimes differ, Python's table holds.
        yield return new("the gateway failed", "compatible-502", 502, "", ProviderErrorCode.ServerError, Then.BackOff);
        yield return new("no whole request in time", "compatible-408", 408, "", ProviderErrorCode.Timeout, Then.BackOff);
        yield return new("parameters", "compatible-422", 422, "", ProviderErrorCode.InvalidRequest, Then.GiveUp);
        yield return new("overloaded", "compatible-529", 529, "", ProviderErrorCode.Overloaded, Then.BackOff);
        yield return new("conflict, which is retried and not only called so", "compatible-409", 409, "", ProviderErrorCode.Conflict, Then.SameTarget);
        yield return new("cancelled", "compatible-499", 499, "", ProviderErrorCode.Cancelled, Then.GiveUp);
    }

    private static IEnumerable<ErrorFixture> AnyStatus()
    {
        (int Status, ProviderErrorCode Code, Then Then)[] table =
        [
            (400, ProviderErrorCode.InvalidRequest, Then.GiveUp), (401, ProviderErrorCode.Authentication, Then.Elsewhere),
            (402, ProviderErrorCode.QuotaExhausted, Then.Elsewhere), (403, ProviderErrorCode.PermissionDenied, Then.GiveUp),
            (404, ProviderErrorCode.NotFound, Then.GiveUp), (405, ProviderErrorCode.InvalidRequest, Then.GiveUp),
            (408, ProviderErrorCode.Timeout, Then.BackOff), (409, ProviderErrorCode.Conflict, Then.SameTarget),
            (413, ProviderErrorCode.RequestTooLarge, Then.GiveUp), (418, ProviderErrorCode.InvalidRequest, Then.GiveUp),
            (422, ProviderErrorCode.InvalidRequest, Then.GiveUp), (429, ProviderErrorCode.RateLimited, Then.BackOff),
            (499, ProviderErrorCode.Cancelled, Then.GiveUp), (500, ProviderErrorCode.ServerError, Then.BackOff),
            (501, ProviderErrorCode.ServerError, Then.BackOff), (502, ProviderErrorCode.ServerError, Then.BackOff),
            (503, ProviderErrorCode.Overloaded, Then.BackOff), (504, ProviderErrorCode.Timeout, Then.BackOff),
            (520, ProviderErrorCode.ServerError, Then.BackOff), (529, ProviderErrorCode.Overloaded, Then.BackOff),
            (600, ProviderErrorCode.Unknown, Then.GiveUp), (199, ProviderErrorCode.Unknown, Then.GiveUp),
        ];
        string[] bodies =
        [
            "", " ", "[]", "[1,2]", "\"text\"", "429", "null", "true", "{}", "<html><body>Bad Gateway</body></html>", "{\"error\":", "{\"error\":null}", "{\"error\":\"text\"}", "{\"error\":[]}",
            "{\"error\":[\"x\"]}", "{\"error\":5}", "{\"error\":{}}", "{\"error\":{\"code\":{},\"type\":[],\"message\":7}}", "{\"error\":{\"message\":\"\\ud800\",\"code\":\"\\udc00\"}}",
            "{\"error\":{\"details\":{},\"metadata\":[]}}", "{\"error\":{\"details\":[1,null,[],{\"violations\":3}]}}", "[[[]]]", "[null]", "\u0000", "{\"detail\":5}", "{\"detail\":[]}", "{\"detail\":[1]}",
        ];
        foreach ((int status, ProviderErrorCode code, Then then) in table)
        {
            foreach (string body in bodies)
            {
                yield return new($"body {body}", "compatible", status, body, code, then);
            }
        }
    }
}
