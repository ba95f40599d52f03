using System.Diagnostics;
using System.Globalization;
using AiLib.Dataflow.Simulator.Limits;
using AiLib.Dataflow.Simulator.Requests;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <content>Anthropic's errors, in its own words.</content>
internal sealed partial class AnthropicDialect
{
    private const string InvalidRequest = "invalid_request_error";
    private const string RateLimit = "rate_limit_error";
    private const string ServerError = "api_error";

    /// <inheritdoc/>
    public override ProviderError LimitReached(in LimitRefusal refusal, string model)
    {
        string unit = refusal.Kind switch
        {
            RefusedBy.InputTokens => "input tokens per minute",
            RefusedBy.OutputTokens => "output tokens per minute",
            RefusedBy.DayTokens => "tokens per day",
            _ => "tokens per minute",
        };
        string message = refusal.Kind switch
        {
            RefusedBy.Concurrency => "Number of concurrent connections has exceeded your rate limit. Please try again later.",
            RefusedBy.Requests => string.Create(CultureInfo.InvariantCulture,
                $"This request would exceed your organization's rate limit of {refusal.Limit} requests per minute."),
            RefusedBy.DayRequests => string.Create(CultureInfo.InvariantCulture,
                $"This request would exceed your organization's rate limit of {refusal.Limit} requests per day."),
            _ when refusal.NeverFits => string.Create(CultureInfo.InvariantCulture,
                $"This request is larger than your organization's rate limit of {refusal.Limit} {unit}: Limit {refusal.Limit}, Requested {refusal.Requested}. Please reduce the prompt length or the maximum tokens requested."),
            _ => string.Create(CultureInfo.InvariantCulture,
                $"This request would exceed your organization's rate limit of {refusal.Limit} {unit}. Please reduce the prompt length or the maximum tokens requested, or try again later."),
        };
        return new ProviderError(429, RateLimit, message);
    }

    /// <inheritdoc/>
    public override ProviderError Fault(FaultKind kind, TimeSpan retryAfter, string model) => kind switch
    {
        FaultKind.RateLimited or FaultKind.RateLimitedBare => new(429, RateLimit,
            "Number of requests has exceeded your per-minute rate limit. Please try again later."),
        FaultKind.InternalError => new(500, ServerError, "Internal server error"),
        FaultKind.BadGateway => new(502, ServerError, "Bad gateway"),
        FaultKind.ServiceUnavailable => new(503, ServerError, "Service unavailable"),
        FaultKind.Overloaded => new(529, "overloaded_error", "Overloaded"),
        _ => throw new UnreachableException(),
    };

    /// <inheritdoc/>
    public override ProviderError Unauthorized(bool hasKey) => new(401, "authentication_error", hasKey ? "invalid x-api-key" : "x-api-key header is required");

    /// <inheritdoc/>
    public override ProviderError UnknownPath(string method, string path) => new(404, "not_found_error", "Not Found");

    /// <inheritdoc/>
    public override ProviderError WrongMethod(string method, string path) => new(405, InvalidRequest, "Method Not Allowed");

    /// <inheritdoc/>
    public override ProviderError BodyTooLarge() => new(413, "request_too_large", "Request exceeds the maximum size");

    /// <inheritdoc/>
    public override ProviderError Invalid(RequestProblem problem)
    {
        string message = problem.Kind switch
        {
            ProblemKind.NotJson => $"The request body is not valid JSON: {problem.Actual}",
            ProblemKind.Missing => $"{problem.Path}: Field required",
            ProblemKind.WrongType => $"{problem.Path}: Input should be {problem.Expected}, not {problem.Actual}",
            ProblemKind.Empty => $"{problem.Path}: at least one message is required",
            ProblemKind.TooSmall => $"{problem.Path}: Input should be greater than or equal to {problem.Expected}",
            ProblemKind.TooLarge => $"{problem.Path}: Input should be less than or equal to {problem.Expected}",
            ProblemKind.NotAllowed => $"{problem.Path}: Input should be one of {problem.Expected}, not '{problem.Actual}'",
            _ => throw new UnreachableException(),
        };
        return new ProviderError(400, InvalidRequest, message);
    }
}
