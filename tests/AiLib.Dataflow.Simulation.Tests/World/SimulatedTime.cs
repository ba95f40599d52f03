namespace AiLib.Dataflow.Simulation.Tests.World;

/// <summary>Time that passes only when nothing can run; the time of day jumps about, which nothing may notice.</summary>
internal sealed class SimulatedTime(SimulatedScheduler scheduler, SeededRandom random) : TimeProvider
{
    private readonly PriorityQueue<(SimulatedTimer Timer, long Edition), (long Due, long Sequence)> _armed = new();
    private long _now;
    private long _sequence;
    private long _clockError;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The time that has passed.</summary>
    public TimeSpan Elapsed => new(_now);

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(60).AddTicks(_now + _clockError);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        SimulatedTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves to the next timer and lets it ring; false when none is armed.</summary>
    public bool TryAdvance()
    {
        while (_armed.TryDequeue(out (SimulatedTimer Timer, long Edition) entry, out (long Due, long Sequence) priority))
        {
            if (entry.Timer.Edition != entry.Edition)
            {
                continue;
            }

            _now = Math.Max(_now, priority.Due);
            if (random.Percent(1))
            {
                _clockError = TimeSpan.FromMinutes(random.Between(-60, 60)).Ticks;
            }

            entry.Timer.Ring();
            return true;
        }

        return false;
    }

    /// <summary>Stops the world for a while: everything that was due rings late.</summary>
    public void Suspend(TimeSpan duration) => _now += duration.Ticks;

    private sealed class SimulatedTimer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public long Edition { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time.Owner.AssertThread();
            Edition++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                time._armed.Enqueue((this, Edition), (time._now + dueTime.Ticks, time._sequence++));
            }

            return true;
        }

        public void Ring()
        {
            if (_period > TimeSpan.Zero)
            {
                Change(_period, _period);
            }

            // A timer's thread comes in between at any point, so its callback is one more thing that can run.
            time.Owner.Post(static timer => ((SimulatedTimer)timer!).Fire(), this);
        }

        public void Dispose() => Edition++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire() => callback(state);
    }

    private SimulatedScheduler Owner => scheduler;
}
