using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Batch.Parking;

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

    private readonly PipelineSignals _signals;
    private readonly CancellationTokenSource _reading;
    private readonly CancellationTokenSource _giveUp;
    private readonly PeriodicTimer _timer;

    // Written by the reader, once; null until it begins.
    private TaskCompletionSource? _reader;

    private readonly Action<JobLeg, SignalsSnapshot> _onShut;
    private readonly Task _watching;

    // Set once, by whoever is first.
    private volatile bool _isPaused;

    /// <summary>Begins it.</summary>
    /// <param name="ending">How the run ends.</param>
    /// <param name="signals">What the pipeline says.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onShut">Told, on the watch's thread, as long as all targets want to be left alone for long and nothing is in flight.</param>
    public JobLeg(JobStop ending, PipelineSignals signals, TimeProvider time, Action<JobLeg, SignalsSnapshot> onShut)
    {
        _onShut = onShut;
        _signals = signals;
        _reading = CancellationTokenSource.CreateLinkedTokenSource(ending.Stop);
        _giveUp = CancellationTokenSource.CreateLinkedTokenSource(ending.Abort);
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

    /// <summary>The input's reader begins, until what it gets is disposed.</summary>
    public ReaderScope BeginReading()
    {
        TaskCompletionSource reader = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _reader, reader);
        return new ReaderScope(reader);
    }

    /// <summary>Until the reader has left the input: a pipeline that gives everything up does not wait for it without end.</summary>
    public Task ReaderLeftAsync() => Volatile.Read(ref _reader)?.Task ?? Task.CompletedTask;

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

    /// <summary>The time in which the input is read.</summary>
    internal readonly struct ReaderScope(TaskCompletionSource reader) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => reader.TrySetResult();
    }

    private async Task WatchAsync()
    {
        int idle = 0;
        while (await _timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(Continuations.KeepContext))
        {
            SignalsSnapshot now = _signals.Snapshot();

            // Twice, because a snapshot may miss an answer on its way from one place to the other.
            idle = now.CurrentInflight == 0 && now.Depths.Settling == 0 ? idle + 1 : 0;
            if (idle >= 2 && !_isPaused && LongWait.IsShut(now))
            {
                _onShut(this, now);
            }

            if (idle >= 2 && _isPaused)
            {
                GiveUpAll();
                return;
            }
        }
    }

    // Here and now: the asynchronous form goes on elsewhere.
    private void GiveUpAll() => _giveUp.Cancel();
}
