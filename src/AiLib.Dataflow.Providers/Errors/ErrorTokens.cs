namespace AiLib.Dataflow.Providers.Errors;

/// <summary>The table from the words of the providers' software to the family of the error.</summary>
internal static class ErrorTokens
{
    /// <summary>The first family that one of the words belongs to. The order of families is the order of certainty, not that of the words.</summary>
    /// <param name="tokens">The words, in lower case.</param>
    /// <param name="status">The HTTP status; some words mean something only together with it.</param>
    public static ErrorFamily FamilyOf(IReadOnlyList<string> tokens, int status)
    {
        ErrorFamily best = ErrorFamily.None;
        foreach (string token in tokens)
        {
            ErrorFamily family = FamilyOf(token, status);
            if (family != ErrorFamily.None && (best == ErrorFamily.None || family < best))
            {
                best = family;
            }
        }

        return best;
    }

    private static ErrorFamily FamilyOf(string token, int status) => token switch
    {
        "insufficient_quota" or "credit_balance_exhausted" or "organization_usage_limit_exceeded" or "billing_error" or "billing_hard_limit_reached"
            or "billing_not_active" or "insufficient_balance" => ErrorFamily.Billing,
        _ when token.EndsWith("_spend_limit_exceeded", StringComparison.Ordinal) => ErrorFamily.Billing,

        _ when token.StartsWith("context_length", StringComparison.Ordinal) => ErrorFamily.TooLarge,
        "request_too_large" => ErrorFamily.TooLarge,

        "content_policy_violation" or "content_filter" or "responsibleaipolicyviolation" => ErrorFamily.Content,

        "invalid_api_key" or "authentication_error" or "api_key_invalid" or "api_key_expired" or "unauthenticated" => ErrorFamily.Key,
        "permission_error" or "permission_denied" or "unsupported_country_region_territory" => ErrorFamily.Permission,
        // With a 403 the model exists and the key may not use it.
        "not_found_error" or "model_not_found" or "deploymentnotfound" when status != 403 => ErrorFamily.NotFound,

        // With a 5xx these words are about the server's own capacity (Gemini does this), with a 413 about the request (Groq): the status says which.
        "rate_limit_exceeded" or "rate_limit_error" or "rate_limited" or "ratelimitreached" or "too_many_requests" or "resource_exhausted"
            when status is < 500 and not 413 => ErrorFamily.Window,

        "overloaded_error" or "overloaded" or "slow_down" or "server_overloaded" => ErrorFamily.Overload,
        "timeout_error" or "deadline_exceeded" => ErrorFamily.Timeout,

        // These accompany every kind of 5xx; they count only where the status says nothing.
        "api_error" or "server_error" or "internal_error" or "internal_server_error" or "internal" when status < 400 => ErrorFamily.Server,
        _ => ErrorFamily.None,
    };
}
