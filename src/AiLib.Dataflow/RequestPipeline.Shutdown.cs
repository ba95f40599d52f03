using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>The end of the pipeline, and what observers see of it.</summary>
public sealed partial class RequestPipeline<TRequest, TResponse>
{
    // After the time to drain is over, an endpoint may ignore cancellation for so long.
    private static readonly TimeSpan LastPatience = TimeSpan.FromMilliseconds(500);

    // Cancelled when the doors close, and when everything has ended. Never disposed: adapters may still look at them.
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly WakeSignal _drained = new();
    private readonly Lock _stopSync = new();

    // Guarded by _stopSync.
    private Task? _stopping;
    private volatile bool _isStopping;
    private volatile bool _givesUpAll;

    /// <summary>Stops: lets nobody in, waits for what is under way, then cancels it. Every request is answered.</summary>
    /// <param name="drainTimeout">How long to wait before cancelling. Zero cancels at once.</param>
    /// <remarks>Returns at most about a second after that time. Calling it again waits for the first call's end, with that call's time.</remarks>
    public Task StopAsync(TimeSpan drainTimeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(drainTimeout, TimeSpan.Zero);
        TaskCompletionSource begin = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_stopSync)
        {
            if (_stopping is not null)
            {
                return _stopping;
            }

            // From here on nobody is let in; the rest runs foreign code and follows outside the lock.
            _isStopping = true;
            _stopping = StopWhenAsync(begin.Task, drainTimeout);
        }

        begin.SetResult();
        return _stopping;
    }

    /// <summary>Stops with <see cref="PipelineOptions.DrainTimeout"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(_settings.Options.DrainTimeout).ConfigureAwait(Continuations.KeepContext);

    private async Task StopWhenAsync(Task begin, TimeSpan drainTimeout)
    {
        await begin.ConfigureAwait(Continuations.KeepContext);
        foreach (Lane lane in _lanes)
        {
            lane.Door.Close();
        }

        CancelQuietly(_closing);

        // Either this sees a ticket that was begun, or the ticket's beginning sees _isStopping: a fence on every thread, here, once, instead of one there, for
        // each request.
        Interlocked.MemoryBarrierProcessWide();
        if (!await DrainedWithinAsync(drainTimeout).ConfigureAwait(Continuations.KeepContext))
        {
            _patience = LastPatience;
            _givesUpAll = true;
            Interlocked.MemoryBarrierProcessWide();
            GiveUpAll(owner: null, GiveUpReason.Stopping);
            Watch(_clock.After(_clock.Now, LastPatience));
            if (!await DrainedWithinAsync(LastPatience * 2).ConfigureAwait(Continuations.KeepContext))
            {
                // The timer is late, such as on a pool that is blocked: everyone's patience is over by now.
                OnWatch();
            }
        }

        foreach (Lane lane in _lanes)
        {
            // An inbox is emptied at once unless an endpoint that began on the loop blocks; nobody waits for that one for ever.
            await CompletesWithinAsync(lane.CompleteAsync(), LastPatience).ConfigureAwait(Continuations.KeepContext);
            lane.Dispose();
        }

        // After the loops, which have dropped what was given up in their inboxes: now every ticket is settled but those that blocking foreign code still holds, and
        // streams may end.
        CancelQuietly(_stopped);
        _retries.Dispose();
        _watch.Dispose();
    }

    private void OnTicketSettled(ThisThread thread)
    {
        // No fence, as in TryBegin: the stop counts this ticket, or this sees the stop.
        _counters.Left.Increment(_counters.Of(thread));
        if (_isStopping)
        {
            _drained.Pulse();
        }
    }

    // Two counters that only grow, because one that goes up and down would be the one cache line that every processor has to write for every request. Who left
    // is counted first: equal numbers then mean that at a moment in between nobody was inside.
    private bool IsDrained => _counters.Left.Value is var left && _counters.Entered.Value == left;

    private async Task<bool> DrainedWithinAsync(TimeSpan time)
    {
        using Alarm alarm = new(_clock, _drained.Pulse);
        long until = _clock.After(_clock.Now, time);
        while (!IsDrained && _clock.Now < until)
        {
            alarm.SetFor(until);
            await _drained.WaitAsync().ConfigureAwait(Continuations.KeepContext);
        }

        return IsDrained;
    }

    /// <summary>Waits for a task that never faults, for at most so long; on this pipeline's scheduler, which the framework's own form leaves.</summary>
    private async Task CompletesWithinAsync(Task task, TimeSpan time)
    {
        if (task.IsCompleted)
        {
            return;
        }

        WakeSignal wake = new();
        using Alarm alarm = new(_clock, wake.Pulse);
        long until = _clock.After(_clock.Now, time);

        // Not awaited: it does nothing but wake this wait.
        _ = PulseAfterAsync(task, wake);
        while (!task.IsCompleted && _clock.Now < until)
        {
            alarm.SetFor(until);
            await wake.WaitAsync().ConfigureAwait(Continuations.KeepContext);
        }

        static async Task PulseAfterAsync(Task task, WakeSignal wake)
        {
            await task.ConfigureAwait(Continuations.KeepContext);
            wake.Pulse();
        }
    }

    private void CancelQuietly(CancellationTokenSource source)
    {
        if (!source.TryCancel())
        {
            _counters.HookErrors.Increment();
        }
    }

    private static Refusal Stopping() => new("stopping", "the pipeline stops and lets nobody in.");

    /// <summary>Tells a user's hook. What it throws is counted and dropped: a hook must not decide about a request.</summary>
    private void Raise<TEvent>(Action<TEvent>? hook, TEvent happened)
    {
        foreach (Action<TEvent> listener in Delegate.EnumerateInvocationList(hook))
        {
            try
            {
                listener(happened);
            }
            catch (Exception)
            {
                // Foreign code; the others still learn it.
                _counters.HookErrors.Increment();
            }
        }
    }

    private SignalsSnapshot TakeSnapshot()
    {
        // What has left is read before what has come, so that nothing is ever counted as less than none.
        long answered = _counters.Answered.Value;
        long failed = _counters.Failed.Value;
        long cancelled = _counters.Cancelled.Value;
        long hedgesEnded = _counters.HedgesEnded.Value;
        TargetSignals[] targets = [.. _lanes.Select(lane => lane.Read())];
        long hedges = targets.Sum(target => target.Hedges);
        return new SignalsSnapshot
        {
            Time = _clock.TimeProvider.GetUtcNow(),
            CircuitState = targets.Min(target => target.CircuitState),
            CurrentInflight = targets.Sum(target => target.CurrentInflight),
            RateRemaining = targets.All(target => target.RateRemaining is not null) ? targets.Sum(target => target.RateRemaining) : null,
            Answered = answered,
            Failed = failed,
            Cancelled = cancelled,
            Refused = _counters.Refused.Value,
            HookErrors = _counters.HookErrors.Value,
            Admitted = _counters.Admitted.Value,
            Depths = new StageDepths(
                targets.Sum(target => target.Depths.Door),
                targets.Sum(target => target.Depths.Admitting),
                targets.Sum(target => target.Depths.Ready),
                targets.Sum(target => target.Depths.InFlight),
                targets.Sum(target => target.Depths.Delayed),
                targets.Sum(target => target.Depths.Settling)),
            Attempts = targets.Sum(target => target.Attempts),
            Retries = targets.Sum(target => target.Retries),
            Redirects = targets.Sum(target => target.RedirectedAway),
            Hedges = hedges,
            HedgesWon = targets.Sum(target => target.HedgesWon),
            HedgesOverBudget = _hedges?.Refused ?? 0,
            CurrentHedges = Math.Max(0, hedges - hedgesEnded),
            Elapsed = _counters.Elapsed.Read(),
            HealthScore = targets.Max(target => target.HealthScore),
            Targets = targets,
        };
    }
}
