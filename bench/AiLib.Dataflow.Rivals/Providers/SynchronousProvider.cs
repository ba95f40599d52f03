namespace AiLib.Dataflow.Rivals.Providers;

/// <summary>Answers before the call returns, and allocates nothing: what is left to measure is the rival.</summary>
public sealed class SynchronousProvider : IProvider
{
    /// <inheritdoc/>
    public bool Yields => false;

    /// <inheritdoc/>
    public ValueTask<int> AnswerAsync(int request, CancellationToken cancellationToken = default) => new(Answers.For(request));

    /// <inheritdoc/>
    public ValueTask<Outcome<int>> CallAsync(int request, AttemptContext attempt, CancellationToken cancellationToken) =>
        new(Outcome<int>.Answered(Answers.For(request)));
}
