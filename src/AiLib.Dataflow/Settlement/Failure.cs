namespace AiLib.Dataflow.Settlement;

/// <summary>Turns a settled failure into the exception that a caller sees.</summary>
internal static class Failure
{
    /// <summary>The exception for a request that was not answered.</summary>
    public static Exception ToException<TResponse>(in Outcome<TResponse> outcome, string? target, int attempts)
    {
        if (outcome.Error is RequestRefusedException or OperationCanceledException { CancellationToken.IsCancellationRequested: true })
        {
            return outcome.Error;
        }

        string where = target is null ? "before any attempt" : $"at {target}";
        string tries = attempts == 1 ? "1 attempt" : $"{attempts} attempts";
        string why = (outcome.Error is null ? "" : $": {outcome.Error.Message}") + (outcome.Reason is null ? "" : $" {outcome.Reason}");
        return new RequestFailedException(
            $"The request was {outcome.Kind.ToText()} {where} after {tries}{why}", outcome.Kind, target, attempts, outcome.Error)
        {
            RetryAfter = outcome.RetryAfter,
        };
    }
}
