namespace AiLib.Dataflow.Rivals.Calls;

/// <summary>The floor: the provider itself, with nothing around it.</summary>
public sealed class DirectCalls(IProvider provider) : ICallRival
{
    /// <inheritdoc/>
    public string Name => RivalNames.Direct;

    /// <inheritdoc/>
    public ValueTask<int> CallAsync(int request) => provider.AnswerAsync(request);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
