namespace AiLib.Dataflow.Cli.Live;

/// <summary>What attempts that failed said last, for each kind of failure.</summary>
/// <remarks>Thread-safe. Failures are the rare side.</remarks>
internal sealed class ErrorBoard
{
    private readonly Lock _sync = new();
    private readonly Dictionary<OutcomeKind, (long Order, string Message)> _last = [];
    private long _order;

    /// <summary>Notes a failure.</summary>
    public void Note(OutcomeKind kind, string message)
    {
        lock (_sync)
        {
            _last[kind] = (++_order, message);
        }
    }

    /// <summary>The last of each kind, the newest first.</summary>
    public IReadOnlyList<(OutcomeKind Kind, string Message)> Read()
    {
        lock (_sync)
        {
            return [.. _last.OrderByDescending(entry => entry.Value.Order).Select(entry => (entry.Key, entry.Value.Message))];
        }
    }
}
