using System.Runtime.InteropServices;

namespace AiLib.Dataflow.Cli.Shutdown;

/// <summary>Ctrl-C and its relatives: the first asks to stop, the second to give up, and after that the process ends whatever hangs.</summary>
/// <remarks>Thread-safe. While this lives, SIGINT, SIGTERM and SIGHUP do not end the process by themselves.</remarks>
internal sealed class StopSignals : IDisposable
{
    // Long enough to close files and connections, short enough for somebody who has pressed Ctrl-C twice.
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly Action<string> _say;
    private readonly PosixSignalRegistration[] _registrations;
    private readonly ITimer _last;

    // Counted by the signals' threads.
    private int _signals;

    /// <param name="say">Told what the signal does; by another thread.</param>
    public StopSignals(Action<string> say)
    {
        _say = say;
        _last = TimeProvider.System.CreateTimer(
            static _ => Environment.Exit(ExitCode.Interrupted), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Stop = _stop.Token;
        Abort = _abort.Token;
        PosixSignal[] watched = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];
        _registrations = Array.ConvertAll(watched, signal => PosixSignalRegistration.Create(signal, OnSignal));
    }

    /// <summary>Cancelled by the first signal: finish what is in flight.</summary>
    public CancellationToken Stop { get; }

    /// <summary>Cancelled by the second signal: end now.</summary>
    public CancellationToken Abort { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        // The token sources stay: a signal may be on its way, and its handler must find them.
        _last.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        switch (Interlocked.Increment(ref _signals))
        {
            case 1:
                // First what counts, then what is said of it.
                _stop.Cancel();
                _say("Stopping: what is in flight is finished, at most for 30 s. Ctrl-C again stops now.");
                break;
            case 2:
                _last.Change(LastPatience, Timeout.InfiniteTimeSpan);
                _abort.Cancel();
                _say("Stopping now.");
                break;
            default:
                Environment.Exit(ExitCode.Interrupted);
                break;
        }
    }
}
