using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>What is known of a failed request, found in its outcome.</summary>
internal static class FailureCode
{
    /// <summary>What every code of ours begins with in an error line, so that it cannot be taken for a provider's.</summary>
    public const string Prefix = "ailib_";

    private const int MaxMessageLength = 512;

    /// <summary>The provider's error, where there is one, even behind an explanation of the pipeline.</summary>
    public static ProviderException? ProviderErrorOf(in Outcome<ProviderResponse> outcome)
    {
        for (Exception? error = outcome.Error; error is not null; error = error.InnerException)
        {
            if (error is ProviderException providerError)
            {
                return providerError;
            }
        }

        return null;
    }

    /// <summary>The code of an outcome: the provider's own error first, else what the pipeline knows.</summary>
    public static ProviderErrorCode CodeOf(in Outcome<ProviderResponse> outcome)
    {
        if (ProviderErrorOf(outcome) is { } error)
        {
            return error.Code;
        }

        if (outcome.Error is RequestRefusedException { Refusal.Check: var check })
        {
            ProviderErrorCode? code = check switch
            {
                "never_fits" => ProviderErrorCode.RequestTooLarge,
                "exhausted" => ProviderErrorCode.QuotaExhausted,
                _ => null,
            };
            if (code is { } known)
            {
                return known;
            }
        }

        return outcome.Kind switch
        {
            OutcomeKind.Rejected => ProviderErrorCode.InvalidRequest,
            OutcomeKind.Throttled => ProviderErrorCode.RateLimited,
            OutcomeKind.Exhausted => ProviderErrorCode.QuotaExhausted,
            OutcomeKind.Failed => ProviderErrorCode.ServerError,
            OutcomeKind.Overloaded => ProviderErrorCode.Overloaded,
            OutcomeKind.TimedOut => ProviderErrorCode.Timeout,
            OutcomeKind.Conflicted => ProviderErrorCode.Conflict,
            OutcomeKind.Cancelled => ProviderErrorCode.Cancelled,
            OutcomeKind.TooLarge => ProviderErrorCode.RequestTooLarge,
            _ => ProviderErrorCode.Unknown,
        };
    }

    /// <summary>Which target it is about, also where it was refused before it was sent; null when it is about none.</summary>
    public static string? TargetOf(in Settled<BatchRequest, ProviderResponse> settled) =>
        settled.Target ?? (settled.Outcome.Error as RequestRefusedException)?.Refusal.Target;

    /// <summary>Why, in a sentence or two: the error's own words, and behind them why it was the end.</summary>
    public static string MessageOf(in Outcome<ProviderResponse> outcome)
    {
        string message = outcome.Error?.Message ?? $"The request was {outcome.Kind.ToText()}.";
        message = message.Length <= MaxMessageLength ? message : message[..MaxMessageLength];
        return outcome.Reason is { } reason ? $"{message} {reason}" : message;
    }
}
