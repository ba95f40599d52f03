namespace AiLib.Dataflow.Rivals;

/// <summary>The requests from 0 on as an asynchronous stream that is always ready and allocates nothing for a request.</summary>
/// <remarks>For one reader.</remarks>
internal sealed class RequestSource(int requests) : IAsyncEnumerable<int>, IAsyncEnumerator<int>
{
    public int Current { get; private set; } = -1;

    public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync() => new(++Current < requests);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
