using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Settlement;

/// <summary>Calls to use again, as many as there are slots at most.</summary>
/// <remarks>
/// <para>Thread-safe. Each thread keeps one spare call for itself, which is what a caller needs who goes on where he was answered; the rest lie on a stack
/// under a lock.</para>
/// <para>A call that is never awaited is never handed back, and the garbage collector takes it; its slot comes home all the same.</para>
/// </remarks>
internal sealed class CallPool<TRequest, TResponse>(int capacity)
{
    // Two cache lines of references.
    private const int Stride = 16;

    private readonly Lock _sync = new();

    // One place for each thread that has a number of its own, on cache lines of its own, and touched by that thread only.
    private readonly Call<TRequest, TResponse>?[] _near = new Call<TRequest, TResponse>?[(ThreadNumber.Count + 1) * Stride];

    // Guarded by _sync.
    private readonly Stack<Call<TRequest, TResponse>> _spare = new();

    /// <summary>A call that nobody else refers to.</summary>
    public Call<TRequest, TResponse> Rent(ITicketReturn<TRequest, TResponse> pipeline, ThisThread thread)
    {
        ref Call<TRequest, TResponse>? near = ref Near(thread);
        if (near is { } spare && !thread.IsShared)
        {
            near = null;
            return spare;
        }

        lock (_sync)
        {
            if (_spare.TryPop(out Call<TRequest, TResponse>? call))
            {
                return call;
            }
        }

        return new Call<TRequest, TResponse>(this, pipeline);
    }

    /// <summary>Takes a call back.</summary>
    public void Return(Call<TRequest, TResponse> call, ThisThread thread)
    {
        ref Call<TRequest, TResponse>? near = ref Near(thread);
        if (near is null && !thread.IsShared)
        {
            near = call;
            return;
        }

        lock (_sync)
        {
            if (_spare.Count < capacity)
            {
                _spare.Push(call);
            }
        }
    }

    private ref Call<TRequest, TResponse>? Near(ThisThread thread) => ref _near[thread.Number * Stride];
}
