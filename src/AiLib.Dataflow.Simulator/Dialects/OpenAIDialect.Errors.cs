using System.Diagnostics;
using System.Globalization;
using AiLib.Dataflow.Simulator.Limits;
using AiLib.Dataflow.Simulator.Requests;
using AiLib.Dataflow.Simulator.Timing;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <content>OpenAI's errors, in its own words.</content>
internal sealed partial class OpenAIDialect
{
    private const string InvalidRequest = "invalid_request_error";
    private const string ServerError = "server_error";
    private const string RateLimitExceeded = "rate_limit_exceeded";
    private const string LearnMore = "Visit https://platform.openai.com/account/rate-limits to learn more.";
    private const string Organization = "organization org-simulator";

    /// <inheritdoc/>
    public override ProviderError LimitReached(in LimitRefusal refusal, string model)
    {
        if (refusal.Kind == RefusedBy.Concurrency)
        {
            string busy = string.Create(CultureInfo.InvariantCulture,
                $"Too many concurrent requests for {model} in {Organization}: Limit {refusal.Limit}, Used {refusal.Used}, Requested 1.");
            return new ProviderError(429, "requests", busy, RateLimitExceeded);
        }

        (string type, string unit) = refusal.Kind switch
        {
            RefusedBy.Requests => ("requests", "requests per min (RPM)"),
            RefusedBy.DayRequests => ("requests", "requests per day (RPD)"),
            RefusedBy.DayTokens => ("tokens", "tokens per day (TPD)"),
            RefusedBy.InputTokens => ("tokens", "input tokens per min"),
            RefusedBy.OutputTokens => ("tokens", "output tokens per min"),
            _ => ("tokens", "tokens per min (TPM)"),
        };
        string message = refusal.NeverFits
            ? string.Create(CultureInfo.InvariantCulture,
                $"Request too large for {model} in {Organization} on {unit}: Limit {refusal.Limit}, Requested {refusal.Requested}. The input or output tokens must be reduced in order to run successfully. {LearnMore}")
            : string.Create(CultureInfo.InvariantCulture,
                $"Rate limit reached for {model} in {Organization} on {unit}: Limit {refusal.Limit}, Used {refusal.Used}, Requested {refusal.Requested}. Please try again in {GoDuration.Format(refusal.Wait)}. {LearnMore}");
        return new ProviderError(429, type, message, RateLimitExceeded);
    }

    /// <inheritdoc/>
    public override ProviderError Fault(FaultKind kind, TimeSpan retryAfter, string model) => kind switch
    {
        FaultKind.RateLimited => new(429, "requests",
            $"Rate limit reached for {model} in {Organization} on requests per min (RPM). Please try again in {GoDuration.Format(retryAfter)}. {LearnMore}",
            RateLimitExceeded),
        FaultKind.RateLimitedBare => new(429, "requests",
            $"Rate limit reached for {model} in {Organization} on requests per min (RPM). {LearnMore}", RateLimitExceeded),
        FaultKind.InternalError => new(500, ServerError,
            "The server had an error while processing your request. Sorry about that! You can retry your request."),
        FaultKind.BadGateway => new(502, "cf_bad_gateway", "Bad gateway.", "502"),
        FaultKind.ServiceUnavailable => new(503, ServerError, "The engine is currently overloaded, please try again later."),
        FaultKind.Overloaded => new(529, ServerError, "The server is overloaded, please try again later.", "overloaded"),
        _ => throw new UnreachableException(),
    };

    /// <inheritdoc/>
    public override ProviderError Unauthorized(bool hasKey) => hasKey
        ? new(401, InvalidRequest,
            "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.", "invalid_api_key")
        : new(401, InvalidRequest,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).");

    /// <inheritdoc/>
    public override ProviderError UnknownPath(string method, string path) =>
        new(404, InvalidRequest, $"Invalid URL ({method} {path})", "unknown_url");

    /// <inheritdoc/>
    public override ProviderError WrongMethod(string method, string path) =>
        new(405, InvalidRequest, $"Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)", "method_not_supported");

    /// <inheritdoc/>
    public override ProviderError BodyTooLarge() =>
        new(413, InvalidRequest, $"The request body is larger than {PooledBody.MaxBytes} bytes.", "request_too_large");

    /// <inheritdoc/>
    public override ProviderError Invalid(RequestProblem problem)
    {
        (string message, string? code) = problem.Kind switch
        {
            ProblemKind.NotJson => ("We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
                $"correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON: {problem.Actual})", null),
            ProblemKind.Missing when problem.Path == "model" => ("you must provide a model parameter", null),
            ProblemKind.Missing => ($"Missing required parameter: '{problem.Path}'.", "missing_required_parameter"),
            ProblemKind.WrongType =>
                ($"Invalid type for '{problem.Path}': expected {problem.Expected}, but got {problem.Actual} instead.", "invalid_type"),
            ProblemKind.Empty => ($"Invalid '{problem.Path}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
                "empty_array"),
            ProblemKind.TooSmall => ($"Invalid '{problem.Path}': integer below minimum value. Expected a value >= {problem.Expected}, but got " +
                $"{problem.Actual} instead.", "integer_below_min_value"),
            ProblemKind.TooLarge => ($"Invalid '{problem.Path}': integer above maximum value. Expected a value <= {problem.Expected}, but got " +
                $"{problem.Actual} instead.", "integer_above_max_value"),
            ProblemKind.NotAllowed => ($"Invalid value: '{problem.Actual}'. Supported values are: {problem.Expected}.", (string?)"invalid_value"),
            _ => throw new UnreachableException(),
        };
        return new ProviderError(400, InvalidRequest, message, code, problem.Path.Length == 0 ? null : problem.Path);
    }
}
