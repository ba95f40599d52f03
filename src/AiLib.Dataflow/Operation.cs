using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>An operation as a request: what lets one pipeline run operations of any result type.</summary>
/// <remarks>Used once. The result is written by the attempt that succeeds, before the pipeline answers.</remarks>
internal abstract class Operation
{
    /// <summary>Runs the operation at a target.</summary>
    public abstract ValueTask InvokeAsync(string target, CancellationToken cancellationToken);
}

/// <inheritdoc cref="Operation"/>
internal sealed class Operation<T>(Func<string, CancellationToken, ValueTask<T>> run) : Operation
{
    /// <summary>What the successful attempt gave.</summary>
    public T Result { get; private set; } = default!;

    /// <inheritdoc/>
    public override async ValueTask InvokeAsync(string target, CancellationToken cancellationToken) =>
        Result = await run(target, cancellationToken).ConfigureAwait(Continuations.KeepContext);
}

/// <summary>Runs operations at a target.</summary>
internal sealed class OperationEndpoint : IEndpoint<Operation, bool>
{
    /// <inheritdoc/>
    public async ValueTask<Outcome<bool>> CallAsync(Operation request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        await request.InvokeAsync(attempt.Target, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return Outcome<bool>.Answered(true);
    }
}
