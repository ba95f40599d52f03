namespace AiLib.Dataflow.Batch.Running;

/// <summary>How and why a run ends: told to stop, told to give up, or by itself.</summary>
/// <remarks>
/// <para>What is this: two tokens, stop and abort, and the reason. It decides nothing: see <see cref="JobWatch"/>, and whoever calls <see cref="StopBecause"/>.</para>
/// <para>Threading: anyone may stop; the first reason stands.</para>
/// </remarks>
internal sealed class JobStop : IDisposable
{
    // Set once in the constructor.
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _abort;
    private readonly CancellationToken _toldToStop;
    private readonly CancellationToken _toldToAbort;

    // Set once, by whoever is first.
    private string? _reason;

    /// <param name="stop">Told to stop.</param>
    /// <param name="abort">Told to give up what is in flight as well.</param>
    public JobStop(CancellationToken stop, CancellationToken abort)
    {
        _toldToStop = stop;
        _toldToAbort = abort;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop, abort);
        _abort = CancellationTokenSource.CreateLinkedTokenSource(abort);
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

    /// <summary>A stop has come to its end: nothing is in flight any more, or has been for too long. Here and now: the asynchronous form of cancelling goes on elsewhere.</summary>
    public void GiveUp() => _abort.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _abort.Dispose();
    }
}
