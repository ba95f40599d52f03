using System.Collections.Concurrent;

namespace AiLib.Dataflow.Rivals.Providers;

/// <summary>Turns through the thread pool to use again.</summary>
/// <remarks>
/// The compiler's own pooled state machines keep one spare for each thread and processor, so with 64 calls in flight they allocate all the same. This
/// keeps as many as were ever in flight. Thread-safe.
/// </remarks>
internal sealed class YieldPool<T>
{
    private readonly ConcurrentQueue<YieldOnce<T>> _spare = new();
    private YieldOnce<T>? _first;

    /// <summary>Gives the answer after one turn. To be awaited exactly once.</summary>
    public ValueTask<T> Start(T answer)
    {
        YieldOnce<T>? turn = _first;
        if (turn is null || Interlocked.CompareExchange(ref _first, null, turn) != turn)
        {
            turn = _spare.TryDequeue(out YieldOnce<T>? spare) ? spare : new YieldOnce<T>(this);
        }

        return turn.Start(answer);
    }

    /// <summary>Takes one back.</summary>
    public void Return(YieldOnce<T> turn)
    {
        if (_first is not null || Interlocked.CompareExchange(ref _first, turn, null) is not null)
        {
            _spare.Enqueue(turn);
        }
    }
}
