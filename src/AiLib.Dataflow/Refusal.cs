namespace AiLib.Dataflow;

/// <summary>Why a request was not let through.</summary>
/// <param name="Check">The check that refused, in lower case, such as <c>circuit</c>, <c>rate</c>, <c>never_fits</c>, <c>stopping</c>, or the name of a user's check.</param>
/// <param name="Reason">What is wrong, with the value, and what to change.</param>
/// <param name="RetryAfter">When it may be let through; null when waiting does not help, or nobody knows.</param>
public sealed record Refusal(string Check, string Reason, TimeSpan? RetryAfter = null)
{
    /// <summary>The target that it is about; null when it is about none, or about all of them.</summary>
    public string? Target { get; init; }

    /// <summary>The refusal in one line.</summary>
    public override string ToString() => RetryAfter is { } wait
        ? $"Refused by {Check}: {Reason} Try again in {Duration.ToText(wait)}."
        : $"Refused by {Check}: {Reason}";
}
