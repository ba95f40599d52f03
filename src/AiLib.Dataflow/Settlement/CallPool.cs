namespace AiLib.Dataflow.Settlement;

/// <summary>Calls to use again, as many as there are slots at most.</summary>
/// <remarks>Thread-safe. A call that is never awaited is never handed back, and the garbage collector takes it; its slot comes home all the same.</remarks>
internal sealed class CallPool<TRequest, TResponse>(int capacity)
{
    private readonly Lock _sync = new();

    // Guarded by _sync.
    private readonly Stack<Call<TRequest, TResponse>> _spare = new();

    /// <summary>A call that nobody else refers to.</summary>
    public Call<TRequest, TResponse> Rent(ITicketReturn<TRequest, TResponse> pipeline)
    {
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
        lock (_sync)
        {
            if (_spare.Count < capacity)
            {
                _spare.Push(call);
            }
        }
    }
}
