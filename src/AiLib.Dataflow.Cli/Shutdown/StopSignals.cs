using System.Runtime.InteropServices;

namespace AiLib.Dataflow.Cli.Shutdown;

/// <summary>Ctrl-C and its relatives: the first asks to stop, the second to give up, and after that the process ends whatever hangs.</summary>
/// <remarks>
/// Thread-safe. While this lives, SIGINT, SIGTERM and SIGHUP do not end the process by themselves. A signal sent once may come twice: timeout(1), and many who start programs, send it to the program and
/// then to its group, and a terminal has sent it to the group already. What follows within <see cref="EchoTime"/> is therefore the same wish, not a second one: it would throw away answers that are paid for.
/// </remarks>
internal sealed class StopSignals : IDisposable
{
    // Long enough to close files and connections, short enough for somebody who has pressed Ctrl-C twice.
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(3);

    /// <summary>How long after a signal another one is taken for its echo: shorter than anybody presses a key twice on purpose.</summary>
    public static readonly TimeSpan EchoTime = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly Lock _gate = new();
    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly PosixSignalRegistration[] _registrations;
    private readonly ITimer _last;

    // Behind the gate: each signal has a thread of its own.
    private int _wishes;
    private long _lastAt;

    /// <param name="say">Told what the signal does; by another thread.</param>
    /// <param name="time">The clock that tells an echo; the machine's by default.</param>
    public StopSignals(Action<string> say, TimeProvider? time = null)
    {
        _say = say;
        _time = time ?? TimeProvider.System;
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

    /// <summary>Does what a signal does.</summary>
    internal void Take()
    {
        switch (Wish())
        {
            case 0:
                break;
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

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Take();
    }

    // Which wish to stop this signal is; 0 for the echo of one.
    private int Wish()
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            if (_wishes > 0 && _time.GetElapsedTime(_lastAt, now) < EchoTime)
            {
                return 0;
            }

            _lastAt = now;
            return ++_wishes;
        }
    }
}
