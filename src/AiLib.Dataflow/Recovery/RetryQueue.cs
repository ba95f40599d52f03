using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Recovery;

/// <summary>Holds what must wait until its time: one heap, one timer, however many wait.</summary>
/// <typeparam name="T">What waits.</typeparam>
/// <remarks>
/// <para>What is this: the retry requeue. Things come out in the order of their time; of the same time, in the order in which they came.</para>
/// <para>Threading: everything from anywhere. <c>release</c> is called outside the lock, by the timer's thread, for each thing that is due.</para>
/// </remarks>
internal sealed class RetryQueue<T> : IDisposable
    where T : class
{
    private readonly Lock _sync = new();
    private readonly Clock _clock;
    private readonly Alarm _alarm;
    private readonly Action<T> _release;

    // Guarded by _sync.
    private readonly PriorityQueue<T, (long Due, long Sequence)> _waiting = new();
    private long _sequence;

    /// <summary>Creates an empty queue.</summary>
    /// <param name="clock">Counts the time.</param>
    /// <param name="release">Takes what is due.</param>
    public RetryQueue(Clock clock, Action<T> release)
    {
        _clock = clock;
        _release = release;
        _alarm = new Alarm(clock, ReleaseDue);
    }

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_sync)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Holds a thing until the given timestamp.</summary>
    public void Add(T thing, long due)
    {
        lock (_sync)
        {
            _waiting.Enqueue(thing, (due, _sequence++));
        }

        _alarm.SetFor(due);
    }

    /// <summary>Takes a thing out before its time.</summary>
    /// <returns>False when it is not here: it was released, or taken out by someone else.</returns>
    public bool TryRemove(T thing, out long due)
    {
        lock (_sync)
        {
            bool removed = _waiting.Remove(thing, out _, out (long Due, long Sequence) priority);
            due = priority.Due;
            return removed;
        }
    }

    /// <summary>Stops the timer; what waits stays until it is taken out.</summary>
    public void Dispose() => _alarm.Dispose();

    private void ReleaseDue()
    {
        while (true)
        {
            T? due = null;
            long next = Clock.Never;
            lock (_sync)
            {
                if (_waiting.TryPeek(out T? first, out (long Due, long Sequence) priority))
                {
                    if (priority.Due <= _clock.Now)
                    {
                        due = first;
                        _waiting.Dequeue();
                    }
                    else
                    {
                        next = priority.Due;
                    }
                }
            }

            if (due is null)
            {
                _alarm.SetFor(next);
                return;
            }

            _release(due);
        }
    }
}
