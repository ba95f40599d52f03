using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>
/// Stops a run when its time is over, or when no target can be called and none ever answered; and ends a stop as soon as nothing is in flight any more, at the latest after the time to drain.
/// </summary>
/// <remarks>Threading: a task of its own from the constructor until it is disposed.</remarks>
internal sealed class JobWatch : IAsyncDisposable
{
    // Often enough that a stop feels immediate; a look costs microseconds.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    // Set once in the constructor.
    private readonly BatchJobOptions _options;
    private readonly JobStop _stop;
    private readonly PipelineSignals _signals;
    private readonly Func<BatchJobCounts> _counts;
    private readonly PeriodicTimer _timer;
    private readonly Task _watching;

    /// <summary>Begins; the time of the run counts from now.</summary>
    /// <param name="options">Its time, and the clock.</param>
    /// <param name="stop">The run.</param>
    /// <param name="signals">What the pipeline says.</param>
    /// <param name="counts">How far the run is.</param>
    public JobWatch(BatchJobOptions options, JobStop stop, PipelineSignals signals, Func<BatchJobCounts> counts)
    {
        _options = options;
        _stop = stop;
        _signals = signals;
        _counts = counts;
        _timer = new PeriodicTimer(LookInterval, options.TimeProvider);
        _watching = WatchAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watching.ConfigureAwait(Continuations.KeepContext);
    }

    private async Task WatchAsync()
    {
        TimeProvider time = _options.TimeProvider;
        long began = time.GetTimestamp();
        long? stoppedAt = null;
        QuietWatch quiet = new();
        while (await _timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(Continuations.KeepContext))
        {
            SignalsSnapshot now = _signals.Snapshot();
            if (!_stop.Stop.IsCancellationRequested)
            {
                StopIfOver(time.GetElapsedTime(began), now);
                continue;
            }

            stoppedAt ??= time.GetTimestamp();
            if (quiet.Look(now) || time.GetElapsedTime(stoppedAt.Value) >= _options.DrainTimeout)
            {
                _stop.GiveUp();
                return;
            }
        }
    }

    private void StopIfOver(TimeSpan elapsed, SignalsSnapshot now)
    {
        if (elapsed >= _options.Deadline)
        {
            _stop.StopBecause($"its time of {Describe(_options.Deadline.Value)} is over (--deadline).");
        }
        else if (elapsed >= _options.GiveUpWithoutAnswerAfter && now.CircuitState == CircuitState.Open && _counts() is { Answered: 0, Failed: 0 })
        {
            _stop.StopBecause($"no target can be called, and none has answered in {_options.GiveUpWithoutAnswerAfter.TotalSeconds:0} s.");
        }
    }

    private static string Describe(TimeSpan time) => time switch
    {
        { TotalHours: >= 2 } when time.Ticks % TimeSpan.TicksPerHour == 0 => FormattableString.Invariant($"{time.TotalHours:0} h"),
        { TotalMinutes: >= 2 } when time.Ticks % TimeSpan.TicksPerMinute == 0 => FormattableString.Invariant($"{time.TotalMinutes:0} min"),
        _ => FormattableString.Invariant($"{time.TotalSeconds:0.###} s"),
    };
}
