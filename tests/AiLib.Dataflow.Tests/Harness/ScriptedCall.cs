namespace AiLib.Dataflow.Tests.Harness;

/// <summary>One attempt that has arrived at a scripted endpoint and waits for the test to say what comes of it.</summary>
internal sealed class ScriptedCall(string request, AttemptContext attempt, TimeSpan at, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource<Outcome<string>> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Request { get; } = request;

    public AttemptContext Attempt { get; } = attempt;

    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>When it arrived, in the test's time.</summary>
    public TimeSpan At { get; } = at;

    public Task<Outcome<string>> Outcome => _outcome.Task;

    public bool IsEnded => _outcome.Task.IsCompleted;

    public void Answer(string? response = null, long? cost = null) =>
        End(Outcome<string>.Answered(response ?? "answer to " + Request, cost));

    public void Throttle(TimeSpan? retryAfter = null) => Fail(OutcomeKind.Throttled, retryAfter);

    public void Fail(OutcomeKind kind = OutcomeKind.Failed, TimeSpan? retryAfter = null, Exception? error = null) =>
        End(Outcome<string>.Failed(kind, error ?? new IOException($"{kind} {Request} at {Attempt.Target}"), retryAfter));

    public void End(Outcome<string> outcome) => Assert.True(_outcome.TrySetResult(outcome), "The attempt had ended.");

    public void Throw(Exception error) => Assert.True(_outcome.TrySetException(error), "The attempt had ended.");

    public void ObserveCancellation() => _outcome.TrySetCanceled(CancellationToken);

    public Task UntilCancelledAsync() => Patience.UntilAsync(() => CancellationToken.IsCancellationRequested, $"the cancellation of {Request}");
}
