using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Batch;

/// <summary>How and why a run ends: told to stop, told to give up, or by itself.</summary>
/// <remarks>
/// <para>What is this: two tokens, stop and abort, and a watch that turns the first into the second as soon as nothing is in flight any more, at the latest after the time
/// to drain; and the first into being when the time of the run is over, or when no target can be called and none ever answered.</para>
/// <para>Threading: anyone may stop; the first reason stands.</para>
/// </remarks>
internal sealed class JobStop : IDisposable
{
    // Often enough that a stop feels immediate; a look costs microseconds.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    // Set once in the constructor.
    private readonly BatchJobOptions _options;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _abort;
    private readonly CancellationToken _toldToStop;
    private readonly CancellationToken _toldToAbort;
    private readonly PeriodicTimer _timer;

    // Set once, by whoever is first.
    private string? _reason;

    public JobStop(BatchJobOptions options, CancellationToken stop, CancellationToken abort)
    {
        _options = options;
        _toldToStop = stop;
        _toldToAbort = abort;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop, abort);
        _abort = CancellationTokenSource.CreateLinkedTokenSource(abort);
        _timer = new PeriodicTimer(LookInterval, options.TimeProvider);
        Stop = _stop.Token;
        Abort = _abort.Token;
    }

    /// <summary>Read nothing more, begin nothing more.</summary>
    public CancellationToken Stop { get; }

    /// <summary>Give up what is in flight.</summary>
    public CancellationToken Abort { get; }

    /// <summary>Why the run stopped by itself; null when it did not.</summary>
    public string? Reason => Volatile.Read(ref _reason);

    /// <summary>How the run ended. To be asked when it has.</summary>
    public BatchJobEnd End => Reason is not null ? BatchJobEnd.StoppedEarly
        : _toldToStop.IsCancellationRequested || _toldToAbort.IsCancellationRequested || Abort.IsCancellationRequested ? BatchJobEnd.Interrupted
        : BatchJobEnd.Completed;

    /// <summary>Stops the run by itself.</summary>
    public void StopBecause(string reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        _stop.Cancel();
    }

    /// <summary>Stops the run by itself, and gives up what is in flight: its answers could not be written.</summary>
    public void AbortBecause(string reason)
    {
        StopBecause(reason);
        _abort.Cancel();
    }

    /// <summary>Looks after the run until <see cref="EndAsync"/>.</summary>
    public async Task WatchAsync(PipelineSignals signals, Func<BatchJobCounts> counts)
    {
        long began = _options.TimeProvider.GetTimestamp();
        long stoppedAt = 0;
        int idle = 0;
        while (await _timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(Continuations.KeepContext))
        {
            SignalsSnapshot now = signals.Snapshot();
            if (!Stop.IsCancellationRequested)
            {
                TimeSpan elapsed = _options.TimeProvider.GetElapsedTime(began);
                if (elapsed >= _options.Deadline)
                {
                    StopBecause($"its time of {Describe(_options.Deadline.Value)} is over (--deadline).");
                }
                else if (elapsed >= _options.GiveUpWithoutAnswerAfter && now.CircuitState == CircuitState.Open && counts() is { Answered: 0, Failed: 0 })
                {
                    StopBecause($"no target can be called, and none has answered in {_options.GiveUpWithoutAnswerAfter.TotalSeconds:0} s.");
                }

                continue;
            }

            stoppedAt = stoppedAt == 0 ? _options.TimeProvider.GetTimestamp() : stoppedAt;

            // Twice, because a snapshot may miss an answer on its way from one place to the other.
            idle = now.CurrentInflight == 0 && now.Depths.Settling == 0 ? idle + 1 : 0;
            if (idle >= 2 || _options.TimeProvider.GetElapsedTime(stoppedAt) >= _options.DrainTimeout)
            {
                GiveUpAll();
                return;
            }
        }
    }

    // Here and now: the asynchronous form goes on elsewhere.
    private void GiveUpAll() => _abort.Cancel();

    /// <summary>Ends the watch.</summary>
    public async Task EndAsync(Task watching)
    {
        _timer.Dispose();
        await watching.ConfigureAwait(Continuations.KeepContext);
    }

    private static string Describe(TimeSpan time) => time switch
    {
        { TotalHours: >= 2 } when time.Ticks % TimeSpan.TicksPerHour == 0 => FormattableString.Invariant($"{time.TotalHours:0} h"),
        { TotalMinutes: >= 2 } when time.Ticks % TimeSpan.TicksPerMinute == 0 => FormattableString.Invariant($"{time.TotalMinutes:0} min"),
        _ => FormattableString.Invariant($"{time.TotalSeconds:0.###} s"),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _stop.Dispose();
        _abort.Dispose();
    }
}
