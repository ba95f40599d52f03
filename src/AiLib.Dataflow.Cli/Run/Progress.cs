using System.Globalization;
using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Cli.Live;
using AiLib.Dataflow.Cli.Recording;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>Shows how far a job is: on a terminal in lines that are rewritten, elsewhere, and with <c>--json</c>, in a plain line now and then.</summary>
/// <remarks>Threading: hooks from anywhere; the rest from one place.</remarks>
internal sealed class Progress(BatchJob job, TerminalWriter terminal, RunJournal journal, RunSettings settings) : IDisposable
{
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(10);

    // A user who sees nothing happen wants to know why before he gives up.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private readonly PeriodicTimer _timer = new(RunRecorder.Period, TimeProvider.System);
    private readonly long _began = TimeProvider.System.GetTimestamp();

    private readonly bool _isLive = terminal.IsInteractive && !settings.Json;
    private readonly ErrorBoard _errors = new();

    // Replaced by whoever has a newer one; only for a message.
    private volatile string? _lastTrouble;

    // Owned by the loop.
    private TimeSpan _lastSaid;
    private long _lastSettled;
    private long _lastSettledAt = TimeProvider.System.GetTimestamp();

    /// <summary>Why an attempt failed, the last that did; null when none has.</summary>
    public string? LastTrouble => _lastTrouble;

    /// <summary>Notes why a request waits.</summary>
    public void OnRetry(RetryEvent retry) => Note(retry.Target, retry.Outcome, retry.Error);

    /// <summary>Notes why a request has left its target.</summary>
    public void OnRedirect(RedirectEvent redirect)
    {
        if (redirect.Cause is { } cause)
        {
            Note(redirect.From, cause, redirect.Error);
        }
    }

    /// <summary>Says that a target is left alone for a while, and why.</summary>
    public void OnCircuitChanged(CircuitEvent changed)
    {
        if (changed.Change.To == CircuitState.Open)
        {
            terminal.Say($"{changed.Target} is left alone for a while: too many attempts in a row have failed. {_lastTrouble}");
        }
    }

    /// <summary>Says that a key is no longer used, and why.</summary>
    public void OnMemberParked(ParkEvent parked)
    {
        string time = parked.For is { } span && span < TimeSpan.FromDays(365)
            ? string.Create(CultureInfo.InvariantCulture, $"for {Math.Ceiling(span.TotalSeconds):N0} s")
            : "in this run";
        terminal.Say($"{parked.Target} is not used any more {time}: {parked.Error?.Message ?? "its key was refused or its quota is used up"} Keys left: {parked.Left.ToString(CultureInfo.InvariantCulture)}.");
    }

    /// <summary>Shows it until <see cref="EndAsync"/>.</summary>
    public async Task ShowAsync(PipelineSignals signals)
    {
        LiveView view = new(settings.InputOptions, _errors);
        while (await _timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(Continuations.KeepContext))
        {
            BatchJobCounts counts = job.Counts;
            SignalsSnapshot now = signals.Snapshot();
            TimeSpan elapsed = TimeProvider.System.GetElapsedTime(_began);
            journal.Observe(elapsed, counts, now);
            if (_isLive)
            {
                terminal.ShowStatus(view.Lines(elapsed, counts, now, job.LastFailure, terminal.Columns));
            }
            else if (elapsed - _lastSaid >= Elsewhere)
            {
                _lastSaid = elapsed;
                terminal.Say(Describe(counts, now, elapsed));
            }

            SayWhenSilent();
        }
    }

    /// <summary>Takes the display away, and keeps the record of the run.</summary>
    public async Task EndAsync(Task showing, BatchJobResult result, SignalsSnapshot last)
    {
        _timer.Dispose();
        await showing.ConfigureAwait(Continuations.KeepContext);
        journal.End(result, last);
        terminal.ClearStatus();
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>The progress in one line of plain numbers.</summary>
    internal static string Describe(BatchJobCounts counts, SignalsSnapshot now, TimeSpan elapsed)
    {
        double perSecond = counts.Answered / Math.Max(elapsed.TotalSeconds, 0.001);
        string read = counts.InputBytes > 0 ? FormattableString.Invariant($", {100.0 * counts.BytesRead / counts.InputBytes:0} % read") : "";
        string done = counts.AlreadyDone > 0 ? FormattableString.Invariant($", {counts.AlreadyDone:N0} already done") : "";
        return FormattableString.Invariant($"{(long)elapsed.TotalHours}:{elapsed:mm\\:ss}  {counts.Answered:N0} answered, {counts.Failed + counts.BadLines:N0} failed{done}, ")
            + FormattableString.Invariant($"{now.CurrentInflight:N0} in flight, {now.Depths.Delayed:N0} to retry{read}, {perSecond:0.0}/s");
    }

    private void SayWhenSilent()
    {
        BatchJobCounts counts = job.Counts;
        long settled = counts.Answered + counts.Failed + counts.BadLines + counts.AlreadyDone;
        long now = TimeProvider.System.GetTimestamp();
        if (settled != _lastSettled)
        {
            _lastSettled = settled;
            _lastSettledAt = now;
        }
        else if (TimeProvider.System.GetElapsedTime(_lastSettledAt, now) >= Silence)
        {
            _lastSettledAt = now;
            string why = _lastTrouble ?? "No attempt has failed either: the target is slow, or the limits leave nothing to send.";
            terminal.Say($"Nothing was answered for {Silence.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s. {why}");
        }
    }

    private void Note(string target, OutcomeKind outcome, Exception? error)
    {
        _lastTrouble = Describe(target, outcome, error);
        _errors.Note(outcome, error?.Message ?? outcome.ToText());
    }

    private static string Describe(string target, OutcomeKind outcome, Exception? error) =>
        $"The last trouble was at {target}: {error?.Message ?? outcome.ToText()}";
}
