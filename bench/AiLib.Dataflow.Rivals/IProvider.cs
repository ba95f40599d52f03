namespace AiLib.Dataflow.Rivals;

/// <summary>Answers requests, in the shape that each rival finds natural: a plain answer for them, an <see cref="Outcome{TResponse}"/> for the pipeline.</summary>
public interface IProvider : IEndpoint<int, int>
{
    /// <summary>Whether an answer may take longer than the call, so that several can be under way at once.</summary>
    bool Yields { get; }

    /// <summary>Answers a request.</summary>
    ValueTask<int> AnswerAsync(int request, CancellationToken cancellationToken = default);
}
