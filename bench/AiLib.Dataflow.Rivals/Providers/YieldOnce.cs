using System.Threading.Tasks.Sources;

namespace AiLib.Dataflow.Rivals.Providers;

/// <summary>An answer that comes after one turn through the thread pool.</summary>
/// <remarks>Queued as <c>Task.Yield</c> queues, to the global queue; whoever awaits it goes on within that turn, as after an asynchronous method.</remarks>
internal sealed class YieldOnce<T>(YieldPool<T> pool) : IThreadPoolWorkItem, IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> _source;
    private T _answer = default!;

    /// <summary>Begins a turn.</summary>
    public ValueTask<T> Start(T answer)
    {
        _answer = answer;
        ValueTask<T> call = new(this, _source.Version);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return call;
    }

    void IThreadPoolWorkItem.Execute() => _source.SetResult(_answer);

    T IValueTaskSource<T>.GetResult(short token)
    {
        T answer = _source.GetResult(token);
        _source.Reset();
        pool.Return(this);
        return answer;
    }

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
