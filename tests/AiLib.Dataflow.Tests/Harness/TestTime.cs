using Microsoft.Extensions.Time.Testing;

namespace AiLib.Dataflow.Tests.Harness;

/// <summary>Fake time with one driver, the test, that also knows which timers are armed: a test waits for "armed" instead of sleeping.</summary>
internal sealed class TestTime : FakeTimeProvider
{
    private readonly Lock _sync = new();

    // Guarded by _sync: the due time of each armed timer.
    private readonly Dictionary<TrackedTimer, TimeSpan> _due = [];

    /// <summary>The time since the start of the test.</summary>
    public TimeSpan Elapsed => GetUtcNow() - Start;

    /// <summary>How many timers were made and not disposed.</summary>
    public int Timers { get; private set; }

    /// <summary>How many timers are armed.</summary>
    public int Armed
    {
        get
        {
            lock (_sync)
            {
                return _due.Count;
            }
        }
    }

    /// <summary>Moves the time.</summary>
    public void Advance(double seconds) => Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>Waits until a timer is armed that rings within the given time from now.</summary>
    public Task UntilArmedWithinAsync(TimeSpan time) =>
        Patience.UntilAsync(() => Next() <= Elapsed + time, $"a timer that rings within {time}", () => $"next {Next()}, now {Elapsed}");

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        TrackedTimer tracked = new(this);
        lock (_sync)
        {
            Timers++;
        }

        tracked.Inner = base.CreateTimer(
            inner =>
            {
                tracked.OnRing(period);
                callback(inner);
            },
            state,
            dueTime,
            period);
        tracked.Track(dueTime);
        return tracked;
    }

    private TimeSpan Next()
    {
        lock (_sync)
        {
            return _due.Count == 0 ? TimeSpan.MaxValue : _due.Values.Min();
        }
    }

    private sealed class TrackedTimer(TestTime time) : ITimer
    {
        private bool _disposed;

        public ITimer Inner { get; set; } = null!;

        public void Track(TimeSpan dueTime)
        {
            lock (time._sync)
            {
                if (dueTime == Timeout.InfiniteTimeSpan || _disposed)
                {
                    time._due.Remove(this);
                }
                else
                {
                    time._due[this] = time.Elapsed + dueTime;
                }
            }
        }

        public void OnRing(TimeSpan period) => Track(period == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : period);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Track(dueTime);
            return Inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            lock (time._sync)
            {
                if (!_disposed)
                {
                    _disposed = true;
                    time.Timers--;
                }
            }

            Track(Timeout.InfiniteTimeSpan);
            Inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
