namespace AiLib.Dataflow.Rivals.Streaming;

/// <summary>Items to use again.</summary>
/// <remarks>Thread-safe: one side rents, the results block returns.</remarks>
internal sealed class TplItemPool
{
    private readonly Lock _sync = new();

    // Guarded by _sync.
    private readonly Stack<TplItem> _spare = new();

    public TplItem Rent(int request)
    {
        TplItem? item;
        lock (_sync)
        {
            _spare.TryPop(out item);
        }

        item ??= new TplItem();
        item.Request = request;
        item.Attempts = 0;
        item.Verdict = TplVerdict.Settle;
        return item;
    }

    public void Return(TplItem item)
    {
        lock (_sync)
        {
            _spare.Push(item);
        }
    }
}
