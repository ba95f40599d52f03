namespace AiLib.Dataflow.Threading;

/// <summary>One timer that rings at the earliest of the times it was set for.</summary>
/// <remarks>
/// <para>What is this: the place where many waits share one timer. Whoever waits sets the alarm; when it rings, the owner looks at what is due and sets it
/// again. It may ring early or for nothing, never late by more than the timer's own resolution.</para>
/// <para>Threading: <see cref="SetFor"/> from anywhere. The callback runs on the timer's thread, outside the lock, and must not block.</para>
/// </remarks>
internal sealed class Alarm : IDisposable
{
    // The runtime's timer counts whole milliseconds; asking for less would ring at once and spin.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly Lock _sync = new();
    private readonly Clock _clock;
    private readonly Action _ring;
    private readonly ITimer _timer;

    // Guarded by _sync; read without it by SetFor, which then at worst takes the lock for nothing.
    private long _due = Clock.Never;
    private bool _disposed;

    /// <summary>Creates an alarm that is not set.</summary>
    /// <param name="clock">Counts the time.</param>
    /// <param name="ring">Called when the alarm rings.</param>
    public Alarm(Clock clock, Action ring)
    {
        _clock = clock;
        _ring = ring;
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = clock.TimeProvider.CreateTimer(static state => ((Alarm)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Makes sure that the alarm rings at the given timestamp, or before it.</summary>
    public void SetFor(long timestamp)
    {
        if (timestamp >= Volatile.Read(ref _due))
        {
            return;
        }

        lock (_sync)
        {
            if (timestamp >= _due || _disposed)
            {
                return;
            }

            _due = timestamp;
            TimeSpan delay = _clock.Until(timestamp, _clock.Now);
            _timer.Change(RoundUp(delay), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Stops the timer. It may ring once more if it was just ringing.</summary>
    public void Dispose()
    {
        lock (_sync)
        {
            _disposed = true;
        }

        _timer.Dispose();
    }

    private static TimeSpan RoundUp(TimeSpan delay)
    {
        if (delay <= Shortest)
        {
            return Shortest;
        }

        // A day is far below what a timer can hold; whoever waits longer is asked again.
        return delay >= Longest ? Longest : TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds));
    }

    private void OnTimer()
    {
        lock (_sync)
        {
            if (_disposed)
            {
                return;
            }

            // Cleared first: what is set from now on arms the timer again.
            _due = Clock.Never;
        }

        // A fence on every thread: whoever set the alarm without waking it is seen by what rings now, or sees that it is not set.
        Interlocked.MemoryBarrierProcessWide();
        _ring();
    }
}
