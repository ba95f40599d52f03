namespace AiLib.Dataflow.Threading;

/// <summary>One counter in a table of counters.</summary>
/// <param name="table">The table.</param>
/// <param name="column">Its column.</param>
internal readonly struct Counter(CounterTable table, int column)
{
    /// <summary>A counter of its own.</summary>
    public Counter()
        : this(new CounterTable(columns: 1), column: 0)
    {
    }

    /// <summary>The sum of what was added.</summary>
    public long Value => table.Sum(column);

    /// <summary>Adds one.</summary>
    public void Increment() => table.Of(ThisThread.Get()).Add(column);

    /// <summary>Adds one in a row that the caller has at hand.</summary>
    public void Increment(CounterRow row) => row.Add(column);

    /// <summary>Adds an amount.</summary>
    public void Add(long amount) => table.Of(ThisThread.Get()).Add(column, amount);
}
