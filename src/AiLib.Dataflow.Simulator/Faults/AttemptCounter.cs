namespace AiLib.Dataflow.Simulator.Faults;

/// <summary>Counts how often each request has arrived, in bounded memory.</summary>
/// <remarks>
/// Two generations: when the younger is full it becomes the older and the older is dropped. So the counts of at least the last
/// <c>capacity</c> different requests are exact; a request that has not been seen for longer starts again at one.
/// Not thread-safe: the front desk calls it under its lock.
/// </remarks>
internal sealed class AttemptCounter(int capacity = AttemptCounter.DefaultCapacity)
{
    // Two generations of this size cost about 32 MB when both are full.
    private const int DefaultCapacity = 500_000;

    private Dictionary<ulong, int> _younger = [];
    private Dictionary<ulong, int> _older = [];

    /// <summary>Notes one more arrival and returns its number, counted from one.</summary>
    public int Next(ulong fingerprint)
    {
        if (!_younger.TryGetValue(fingerprint, out int count))
        {
            _older.TryGetValue(fingerprint, out count);
            if (_younger.Count >= capacity)
            {
                (_younger, _older) = (_older, _younger);
                _younger.Clear();
            }
        }

        _younger[fingerprint] = ++count;
        return count;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _younger = [];
        _older = [];
    }
}
