using System.Threading.Tasks.Sources;

namespace AiLib.Dataflow.Scenarios.Targets;

/// <summary>One call that waits to be answered.</summary>
internal sealed class HeldCall<T> : IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> _source = new() { RunContinuationsAsynchronously = true };

    /// <summary>To be awaited once.</summary>
    public ValueTask<T> Task => new(this, _source.Version);

    /// <summary>Makes so many.</summary>
    public static HeldCall<T>[] Create(int calls)
    {
        HeldCall<T>[] held = new HeldCall<T>[calls];
        for (int call = 0; call < calls; call++)
        {
            held[call] = new HeldCall<T>();
        }

        return held;
    }

    /// <summary>Answers it.</summary>
    public void Answer(T answer) => _source.SetResult(answer);

    T IValueTaskSource<T>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
