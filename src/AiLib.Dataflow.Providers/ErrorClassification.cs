namespace AiLib.Dataflow.Providers;

/// <summary>What an error of a provider means.</summary>
/// <param name="Code">The error code.</param>
/// <param name="Kind">The same in the words of the pipeline.</param>
/// <param name="RetryAfter">How long the provider asks to be left alone; null when it said nothing, or waiting does not help.</param>
public readonly record struct ErrorClassification(ProviderErrorCode Code, OutcomeKind Kind, TimeSpan? RetryAfter);
