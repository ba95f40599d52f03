namespace AiLib.Dataflow.Threading;

/// <summary>Numbers that many threads add to and observers sum up: a row for each thread, a column for each counter.</summary>
/// <remarks>
/// <para>What is this: counting without interlocked operations and without shared cache lines. A thread adds in the row of its own number; threads without
/// one share a row and add interlocked. A row is made when its thread adds for the first time.</para>
/// <para>A sum is taken without stopping anyone: it may miss what is added meanwhile, never what was added before as the reader knows, and it never goes
/// back for a counter that only grows.</para>
/// </remarks>
/// <param name="columns">How many counters.</param>
internal sealed class CounterTable(int columns)
{
    // Before and behind each row, because rows of different threads may be neighbours: two cache lines of 64 bytes, which the prefetcher pulls in pairs.
    private const int Padding = 128 / sizeof(long);

    private readonly long[]?[] _rows = new long[]?[ThreadNumber.Count];

    /// <summary>The row of this thread.</summary>
    public CounterRow Of(ThisThread thread) =>
        new((_rows[thread.Number] ?? Make(thread.Number)).AsSpan(Padding, columns), thread.IsShared);

    /// <summary>The sum of a column.</summary>
    public long Sum(int column)
    {
        long sum = 0;
        foreach (long[]? row in _rows)
        {
            sum += row is null ? 0 : Volatile.Read(ref row[Padding + column]);
        }

        return sum;
    }

    /// <summary>Adds the sums of neighbouring columns to what is there.</summary>
    /// <param name="first">The first column.</param>
    /// <param name="sums">A place for each.</param>
    public void AddTo(Span<long> sums, int first)
    {
        foreach (long[]? row in _rows)
        {
            for (int index = 0; row is not null && index < sums.Length; index++)
            {
                sums[index] += Volatile.Read(ref row[Padding + first + index]);
            }
        }
    }

    /// <summary>What stands in a column, in each row that there is.</summary>
    public IEnumerable<long> Column(int column) => _rows.Where(static row => row is not null).Select(row => Volatile.Read(ref row![Padding + column]));

    private long[] Make(int number)
    {
        long[] made = new long[columns + (2 * Padding)];
        return Interlocked.CompareExchange(ref _rows[number], made, null) ?? made;
    }
}

/// <summary>The counters of one thread. It cannot leave the thread: a <c>ref struct</c> lives on its stack.</summary>
/// <param name="cells">The counters.</param>
/// <param name="isShared">Whether other threads write them too.</param>
internal readonly ref struct CounterRow(Span<long> cells, bool isShared)
{
    private readonly Span<long> _cells = cells;
    private readonly bool _isShared = isShared;

    /// <summary>Adds to a counter.</summary>
    public void Add(int column, long amount = 1)
    {
        ref long cell = ref _cells[column];
        if (_isShared)
        {
            Interlocked.Add(ref cell, amount);
        }
        else
        {
            // Whole for whoever reads it meanwhile, and in order with what is written before and after.
            Volatile.Write(ref cell, cell + amount);
        }
    }

    /// <summary>Counts in a cell that belongs to a time slice: one of an earlier slice starts again at one.</summary>
    public void CountInSlice(int column, int slice)
    {
        ref long cell = ref _cells[column];
        while (true)
        {
            long seen = Volatile.Read(ref cell);
            long next = seen >> 32 == slice ? seen + 1 : ((long)slice << 32) | 1;
            if (!_isShared)
            {
                Volatile.Write(ref cell, next);
                return;
            }

            if (Interlocked.CompareExchange(ref cell, next, seen) == seen)
            {
                return;
            }
        }
    }
}
