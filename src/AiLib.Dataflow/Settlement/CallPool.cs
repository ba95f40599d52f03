namespace AiLib.Dataflow.Settlement;

/// <summary>Calls to use again, as many as there are slots at most.</summary>
/// <remarks>
/// <para>Thread-safe. One spare call for each processor is taken and given back by one interlocked exchange; the rest lie on a stack under a lock.</para>
/// <para>A call that is never awaited is never handed back, and the garbage collector takes it; its slot comes home all the same.</para>
/// </remarks>
internal sealed class CallPool<TRequest, TResponse>(int capacity)
{
    // Two cache lines of references.
    private const int Stride = 16;

    private static readonly int Processors = Math.Clamp(Environment.ProcessorCount, 1, 64);

    private readonly Lock _sync = new();

    // One place for each processor, on cache lines of its own. Moved by interlocked exchange only.
    private readonly Call<TRequest, TResponse>?[] _near = new Call<TRequest, TResponse>?[(Processors + 1) * Stride];

    // Guarded by _sync.
    private readonly Stack<Call<TRequest, TResponse>> _spare = new();

    /// <summary>A call that nobody else refers to.</summary>
    public Call<TRequest, TResponse> Rent(ITicketReturn<TRequest, TResponse> pipeline)
    {
        if (Interlocked.Exchange(ref Mine, null) is { } near)
        {
            return near;
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
    public void Return(Call<TRequest, TResponse> call)
    {
        if (Interlocked.CompareExchange(ref Mine, call, null) is null)
        {
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

    private ref Call<TRequest, TResponse>? Mine => ref _near[((Thread.GetCurrentProcessorId() % Processors) + 1) * Stride];
}
