namespace AiLib.Dataflow.Threading;

/// <summary>A few free things near one processor: what its threads give back, its threads take next.</summary>
/// <typeparam name="T">What is borrowed.</typeparam>
/// <remarks>Thread-safe: a thread may have moved to another processor since it was asked where it is. The lock is held for a few instructions.</remarks>
/// <param name="size">How many fit. They are brought and taken away in batches of half as many.</param>
internal sealed class Magazine<T>(int size)
    where T : class
{
    private readonly T?[] _things = new T?[size];
    private readonly int _batch = size / 2;

    // The lock, and what it guards.
    private EditionLock _sync;
    private int _count;

    /// <summary>How many lie here. May be out of date when it arrives.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes one.</summary>
    public bool TryTake(out T? thing)
    {
        // Under the lock even to find nothing: who announced that he waits and then finds nothing here is seen by whoever puts something here later.
        thing = null;
        _sync.Enter();
        if (_count > 0)
        {
            thing = _things[--_count];
            _things[_count] = null;
        }

        _sync.Exit();
        return thing is not null;
    }

    /// <summary>Puts here what there is room for.</summary>
    /// <returns>How many of the things.</returns>
    public int Return(ReadOnlySpan<T> things)
    {
        _sync.Enter();
        int fit = Math.Min(things.Length, _things.Length - _count);
        for (int index = 0; index < fit; index++)
        {
            _things[_count++] = things[index];
        }

        _sync.Exit();
        return fit;
    }

    /// <summary>Takes a batch out of the depot, whose lock the caller holds.</summary>
    public void Fill(Stack<T> depot)
    {
        _sync.Enter();
        while (_count < _batch && depot.TryPop(out T? thing))
        {
            _things[_count++] = thing;
        }

        _sync.Exit();
    }

    /// <summary>Puts a batch into the depot, whose lock the caller holds.</summary>
    public void Empty(Stack<T> depot)
    {
        _sync.Enter();
        int stays = Math.Max(0, _count - _batch);
        while (_count > stays)
        {
            depot.Push(_things[--_count]!);
            _things[_count] = null;
        }

        _sync.Exit();
    }
}
