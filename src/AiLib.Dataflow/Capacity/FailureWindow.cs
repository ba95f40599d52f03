namespace AiLib.Dataflow.Capacity;

/// <summary>Successes and failures of the last while, in ten buckets that wrap around. Pure arithmetic; the caller brings time and lock.</summary>
internal sealed class FailureWindow(long length)
{
    private const int Buckets = 10;

    private readonly long _bucketLength = Math.Max(1, length / Buckets);
    private readonly int[] _successes = new int[Buckets];
    private readonly int[] _failures = new int[Buckets];
    private long _newest = long.MinValue;

    /// <summary>Calls counted in the window.</summary>
    public int Calls { get; private set; }

    /// <summary>Failures among them.</summary>
    public int Failures { get; private set; }

    /// <summary>Counts one call.</summary>
    public void Add(bool failed, long now)
    {
        Advance(now);
        int bucket = (int)(_newest % Buckets);
        Calls++;
        if (failed)
        {
            Failures++;
            _failures[bucket]++;
        }
        else
        {
            _successes[bucket]++;
        }
    }

    /// <summary>Forgets what has left the window.</summary>
    public void Advance(long now)
    {
        long current = now / _bucketLength;
        if (current <= _newest)
        {
            return;
        }

        if (_newest == long.MinValue || current - _newest >= Buckets)
        {
            Clear();
        }
        else
        {
            for (long passed = _newest + 1; passed <= current; passed++)
            {
                int bucket = (int)(passed % Buckets);
                Calls -= _successes[bucket] + _failures[bucket];
                Failures -= _failures[bucket];
                _successes[bucket] = 0;
                _failures[bucket] = 0;
            }
        }

        _newest = current;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_successes);
        Array.Clear(_failures);
        Calls = 0;
        Failures = 0;
    }
}
