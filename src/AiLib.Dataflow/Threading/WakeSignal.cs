using System.Threading.Tasks.Sources;

namespace AiLib.Dataflow.Threading;

/// <summary>Wakes one loop. Any number of pulses before the loop waits are one pulse, and none is ever lost.</summary>
/// <remarks>
/// <para>What is this: an auto-reset event for one asynchronous waiter. A loop that can be held up by several things (an empty inbox, a missing credit,
/// a missing permit) waits here instead of on all of them, and looks at everything when it wakes.</para>
/// <para>Threading: <see cref="Pulse()"/> from anywhere; <see cref="WaitAsync"/> from one loop, awaited before it is called again. A pulse is a full fence:
/// what its caller wrote before is seen by the loop after.</para>
/// </remarks>
internal sealed class WakeSignal : IValueTaskSource
{
    private const int Idle = 0;
    private const int Pulsed = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };

    // Moved by compare-exchange only: Idle → Pulsed by a pulse, Idle → Waiting by the loop, Waiting → Idle by the pulse that wakes it.
    private int _state;

    /// <summary>Wakes the loop, now or as soon as it waits. It goes on on the thread pool.</summary>
    public void Pulse() => Pulse(here: false);

    /// <summary>Wakes the loop. If it waits now it goes on on this thread, before this returns, until it has to wait again.</summary>
    public void PulseHere() => Pulse(here: true);

    private void Pulse(bool here)
    {
        while (true)
        {
            int seen = Interlocked.CompareExchange(ref _state, Pulsed, Idle);
            if (seen != Waiting)
            {
                return;
            }

            if (Interlocked.CompareExchange(ref _state, Idle, Waiting) == Waiting)
            {
                _source.RunContinuationsAsynchronously = !here;
                _source.SetResult(true);
                return;
            }
        }
    }

    /// <summary>Waits for a pulse; does not wait if there was one since the last wait.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Pulsed) == Pulsed)
        {
            return ValueTask.CompletedTask;
        }

        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
        {
            return new ValueTask(this, _source.Version);
        }

        // Pulsed in between.
        Volatile.Write(ref _state, Idle);
        Interlocked.MemoryBarrier();
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
