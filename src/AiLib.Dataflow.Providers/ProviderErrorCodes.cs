using System.Diagnostics;

namespace AiLib.Dataflow.Providers;

/// <summary>The one table that says what each <see cref="ProviderErrorCode"/> is called and what follows from it.</summary>
/// <remarks>Names, retry and fallback are those of the other ai-lib runtimes. Safe for use by several threads.</remarks>
public static class ProviderErrorCodes
{
    private static readonly Row[] Table =
    [
        //                                        text     name                 retry  fallback  outcome
        new(ProviderErrorCode.InvalidRequest, "E1001", "invalid_request", false, false, OutcomeKind.Rejected),
        new(ProviderErrorCode.Authentication, "E1002", "authentication", false, true, OutcomeKind.Exhausted),
        new(ProviderErrorCode.PermissionDenied, "E1003", "permission_denied", false, false, OutcomeKind.Rejected),
        new(ProviderErrorCode.NotFound, "E1004", "not_found", false, false, OutcomeKind.Rejected),
        new(ProviderErrorCode.RequestTooLarge, "E1005", "request_too_large", false, false, OutcomeKind.Rejected),
        new(ProviderErrorCode.RateLimited, "E2001", "rate_limited", true, true, OutcomeKind.Throttled),
        new(ProviderErrorCode.QuotaExhausted, "E2002", "quota_exhausted", false, true, OutcomeKind.Exhausted),
        new(ProviderErrorCode.ServerError, "E3001", "server_error", true, true, OutcomeKind.Failed),
        new(ProviderErrorCode.Overloaded, "E3002", "overloaded", true, true, OutcomeKind.Overloaded),
        new(ProviderErrorCode.Timeout, "E3003", "timeout", true, true, OutcomeKind.TimedOut),
        new(ProviderErrorCode.Conflict, "E4001", "conflict", true, false, OutcomeKind.Conflicted),
        new(ProviderErrorCode.Cancelled, "E4002", "cancelled", false, false, OutcomeKind.Cancelled),
        new(ProviderErrorCode.Unknown, "E9999", "unknown", false, false, OutcomeKind.Rejected),
    ];

    /// <summary>Every code, in numerical order.</summary>
    public static IReadOnlyList<ProviderErrorCode> All { get; } = Array.ConvertAll(Table, row => row.Code);

    /// <summary>The code as it is printed, such as <c>E1001</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a code.</exception>
    public static string ToText(this ProviderErrorCode code) => Find(code).Text;

    /// <summary>The name, such as <c>invalid_request</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a code.</exception>
    public static string ToName(this ProviderErrorCode code) => Find(code).Name;

    /// <summary>Whether a further attempt at the same target may help.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a code.</exception>
    public static bool IsRetryable(this ProviderErrorCode code) => Find(code).Retryable;

    /// <summary>Whether another target may answer where this one did not.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a code.</exception>
    public static bool IsFallbackable(this ProviderErrorCode code) => Find(code).Fallbackable;

    /// <summary>The code in the words of the pipeline.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a code.</exception>
    public static OutcomeKind ToOutcomeKind(this ProviderErrorCode code) => Find(code).Outcome;

    private static Row Find(ProviderErrorCode code)
    {
        foreach (Row row in Table)
        {
            if (row.Code == code)
            {
                Debug.Assert(row.Retryable == row.Outcome.CanRetry() && row.Fallbackable == row.Outcome.CanRedirect());
                return row;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(code), code, "Not one of the 13 error codes.");
    }

    private readonly record struct Row(ProviderErrorCode Code, string Text, string Name, bool Retryable, bool Fallbackable, OutcomeKind Outcome);
}
