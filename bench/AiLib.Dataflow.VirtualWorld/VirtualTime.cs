namespace AiLib.Dataflow.VirtualWorld;

/// <summary>A world on one thread whose time passes only when nothing can run, so that an hour takes seconds.</summary>
/// <remarks>
/// Clock and scheduler in one: what is posted runs in the order in which it came, or in one that is drawn, and then the next timer rings. The engine stays in it by its
/// <c>AiLib.Dataflow.KeepContext</c> switch, and so do the product's endpoints; the simulator by <c>AiLib.Dataflow.Simulator.KeepContext</c>; everyone else by awaiting with their context.
/// </remarks>
/// <param name="order">Draws what runs next of all that can; null for the order in which it came.</param>
internal sealed class VirtualTime(Random? order = null) : TimeProvider
{
    private static readonly DateTimeOffset Beginning = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<(VirtualTimer Timer, long Edition), (long Due, long Sequence)> _armed = new();
    private readonly PriorityQueue<(SendOrPostCallback Callback, object? State), (long Draw, long Sequence)> _ready = new();
    private readonly Random? _order = order;
    private long _now;
    private long _sequence;

    /// <summary>The time that has passed.</summary>
    public TimeSpan Elapsed => new(_now);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Beginning.AddTicks(_now);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        VirtualTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="InvalidOperationException">It waits for something that never comes.</exception>
    public T Run<T>(Func<Task<T>> main)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new Scheduler(this));
        try
        {
            Task<T> task = main();
            while (!task.IsCompleted)
            {
                if (_ready.TryDequeue(out (SendOrPostCallback Callback, object? State) next, out _))
                {
                    next.Callback(next.State);
                }
                else if (!TryRing())
                {
                    throw new InvalidOperationException($"Nothing can happen any more after {Elapsed}, and the job has not ended.");
                }
            }

            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private bool TryRing()
    {
        while (_armed.TryDequeue(out (VirtualTimer Timer, long Edition) entry, out (long Due, long Sequence) priority))
        {
            if (entry.Timer.Edition == entry.Edition)
            {
                _now = Math.Max(_now, priority.Due);
                entry.Timer.Ring();
                return true;
            }
        }

        return false;
    }

    private sealed class Scheduler(VirtualTime time) : SynchronizationContext
    {
        private readonly int _thread = Environment.CurrentManagedThreadId;

        public override void Post(SendOrPostCallback d, object? state)
        {
            if (Environment.CurrentManagedThreadId != _thread)
            {
                Environment.FailFast("A continuation left the virtual world.");
            }

            time._ready.Enqueue((d, state), (time._order?.NextInt64() ?? 0, time._sequence++));
        }

        public override void Send(SendOrPostCallback d, object? state) => d(state);

        public override SynchronizationContext CreateCopy() => this;
    }

    private sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public long Edition { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
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

            callback(state);
        }

        public void Dispose() => Edition++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
