using AiLib.Dataflow.Batch.Parking;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>One leg of a run: a reading of the input, from its beginning or from a wait to the next one.</summary>
/// <remarks>
/// <para>
/// What is this: two tokens below those of the run, and a watch. When it is told to pause nothing more is read; as soon as nothing is in flight any more, what the pipeline holds is given up.
/// Attempts are never cut short for a pause: they have been paid for. The watch also says when all targets want to be left alone for long: a pipeline holds requests then, and settles none.
/// </para>
/// <para>Threading: anyone may pause; whoever began it ends it.</para>
/// </remarks>
internal sealed class JobLeg : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    // Set once in the constructor.
    private readonly PipelineSignals _signals;
    private readonly CancellationTokenSource _reading;
    private readonly CancellationTokenSource _giveUp;
    private readonly PeriodicTimer _timer;
    private readonly Action<JobLeg, SignalsSnapshot> _onShut;
    private readonly Task _watching;

    // Set once, by whoever is first.
    private volatile bool _isPaused;

    /// <summary>Begins it.</summary>
    /// <param name="stop">How the run ends.</param>
    /// <param name="signals">What the pipeline says.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onShut">Told, on the watch's thread, as long as all targets want to be left alone for long and nothing is in flight.</param>
    public JobLeg(JobStop stop, PipelineSignals signals, TimeProvider time, Action<JobLeg, SignalsSnapshot> onShut)
    {
        _onShut = onShut;
        _signals = signals;
        _reading = CancellationTokenSource.CreateLinkedTokenSource(stop.Stop);
        _giveUp = CancellationTokenSource.CreateLinkedTokenSource(stop.Abort);
        _timer = new PeriodicTimer(LookInterval, time);
        Reading = _reading.Token;
        GiveUp = _giveUp.Token;
        _watching = WatchAsync();
    }

    /// <summary>Read nothing more.</summary>
    public CancellationToken Reading { get; }

    /// <summary>Give up what the pipeline has.</summary>
    public CancellationToken GiveUp { get; }

    /// <summary>Whether it ends before the input does, for a wait.</summary>
    public bool IsPaused => _isPaused;

    /// <summary>Ends it.</summary>
    public void Pause()
    {
        _isPaused = true;
        _reading.Cancel();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watching.ConfigureAwait(Continuations.KeepContext);
        _reading.Dispose();
        _giveUp.Dispose();
    }

    private async Task WatchAsync()
    {
        QuietWatch quiet = new();
        while (await _timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(Continuations.KeepContext))
        {
            SignalsSnapshot now = _signals.Snapshot();
            if (!quiet.Look(now))
            {
                continue;
            }

            if (!_isPaused && LongWait.IsShut(now))
            {
                _onShut(this, now);
            }

            if (_isPaused)
            {
                GiveUpAll();
                return;
            }
        }
    }

    // Here and now: the asynchronous form goes on elsewhere.
    private void GiveUpAll() => _giveUp.Cancel();
}
