namespace AiLib.Dataflow.Providers;

/// <summary>What an error of a provider means.</summary>
/// <param name="Code">The error code.</param>
/// <param name="Kind">
/// The same in the words of the pipeline. A request that is too large for the account's own limit, and not for the model, is <see cref="OutcomeKind.TooLarge"/>: another account may
/// allow more, which is no matter of its code.
/// </param>
/// <param name="RetryAfter">How long the provider asks to be left alone; null when it said nothing, or waiting does not help.</param>
public readonly record struct ErrorClassification(ProviderErrorCode Code, OutcomeKind Kind, TimeSpan? RetryAfter)
{
    /// <summary>The most that one request may cost at this provider, where it refused this one for costing more, or because nothing is allowed; null otherwise.</summary>
    public CostLimit? CostLimit { get; init; }
}
