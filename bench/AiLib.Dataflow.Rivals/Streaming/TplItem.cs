namespace AiLib.Dataflow.Rivals.Streaming;

/// <summary>One request on its way through the blocks. Used again for another one.</summary>
internal sealed class TplItem
{
    public TplItem() => Completed = Task.FromResult(this);

    /// <summary>This item as the result of a stage that did not have to wait.</summary>
    public Task<TplItem> Completed { get; }

    public int Request { get; set; }

    public int Attempts { get; set; }

    public bool HasCredit { get; set; }

    public int Answer { get; set; }

    public Exception? Error { get; set; }

    public TplVerdict Verdict { get; set; }
}

/// <summary>Where an item goes after an attempt.</summary>
internal enum TplVerdict
{
    /// <summary>To the results.</summary>
    Settle,

    /// <summary>Back to the rate gate, after a wait.</summary>
    Retry,

    /// <summary>To the fallback.</summary>
    Redirect,
}
