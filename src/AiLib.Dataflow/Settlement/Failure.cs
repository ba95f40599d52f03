namespace AiLib.Dataflow.Settlement;

/// <summary>Turns a settled failure into the exception that a caller sees.</summary>
internal static class Failure
{
    /// <summary>The exception for a request that was not answered.</summary>
    public static Exception ToException<TRequest, TResponse>(in Settled<TRequest, TResponse> settled)
    {
        Outcome<TResponse> outcome = settled.Outcome;
        if (outcome.Error is RequestRefusedException or OperationCanceledException { CancellationToken.IsCancellationRequested: true })
        {
            return outcome.Error;
        }

        string where = settled.Target is null ? "before any attempt" : $"at {settled.Target}";
        string tries = settled.Attempts == 1 ? "1 attempt" : $"{settled.Attempts} attempts";
        string why = (outcome.Error is null ? "" : $": {outcome.Error.Message}") + (outcome.Reason is null ? "" : $" {outcome.Reason}");
        return new RequestFailedException(
            $"The request was {outcome.Kind.ToText()} {where} after {tries}{why}", outcome.Kind, settled.Target, settled.Attempts, outcome.Error);
    }
}
