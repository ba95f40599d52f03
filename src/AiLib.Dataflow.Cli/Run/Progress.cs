using System.Globalization;
using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Cli.Binding;
using AiLib.Dataflow.Cli.Live;
using AiLib.Dataflow.Cli.Recording;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>Shows how far a job is: on a terminal in lines that are rewritten, elsewhere, and with <c>--json</c>, in a plain line now and then.</summary>
/// <remarks>Threading: hooks from anywhere; the rest from one place.</remarks>
internal sealed class Progress(BatchJob job, TerminalWriter terminal, RunJournal journal, RunSettings settings, IReadOnlyList<AskedLimits> asked) : IDisposable
{
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(10);

    private readonly PeriodicTimer _timer = new(RunRecorder.Period, TimeProvider.System);
    private readonly long _began = TimeProvider.System.GetTimestamp();

    private readonly bool _isLive = terminal.IsInteractive && !settings.Json;
    private readonly ErrorBoard _errors = new();
    private readonly BoundFinder _finder = new(settings, asked);
    private readonly SilenceWatch _silence = new();

    // Replaced by whoever has a newer one; only for a message.
    private volatile string? _lastTrouble;

    // Owned by the loop: the last plain line, and the last time that something got on.
    private TimeSpan _lastSaid;
    private SignalsSnapshot? _whenSaid;
    private SignalsSnapshot? _whenGotOn;
    private long _done;
    private DateTimeOffset? _waitsUntil;

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
        RunWatch watch = new(settings, asked);
        LiveView view = new(settings, _errors);
        while (await _timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(Continuations.KeepContext))
        {
            RunMoment moment = watch.Look(TimeProvider.System.GetElapsedTime(_began), job.Counts, signals.Snapshot(), job.LastFailure);
            journal.Observe(moment);
            if (_isLive)
            {
                terminal.ShowStatus(view.Lines(moment, terminal.Columns));
            }
            else if (BeginsToWait(moment.Counts) || moment.Time - _lastSaid >= Elsewhere)
            {
                terminal.Say(PlainLine.Of(moment, _finder.Between(_whenSaid, moment.Signals)));
                _lastSaid = moment.Time;
                _whenSaid = moment.Signals;
            }

            SayWhenSilent(moment);
        }
    }

    /// <summary>Takes the display away, and keeps the record of the run.</summary>
    /// <returns>What bound for most of the run; null when nothing did.</returns>
    public async Task<Bound?> EndAsync(Task showing, BatchJobResult result, SignalsSnapshot last)
    {
        _timer.Dispose();
        await showing.ConfigureAwait(Continuations.KeepContext);
        journal.End(result, last, settings.InputOptions);
        terminal.ClearStatus();
        return _finder.Of(journal.Constraints, earlier: null, last);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Whether the run has gone to sleep for a quota since the last look, for longer than until the next line.</summary>
    private bool BeginsToWait(in BatchJobCounts counts)
    {
        DateTimeOffset? before = _waitsUntil;
        _waitsUntil = counts.WaitsUntil;
        return counts.WaitsUntil is { } until && until != before && until - TimeProvider.System.GetUtcNow() > Elsewhere;
    }

    private void SayWhenSilent(RunMoment moment)
    {
        long done = moment.Forecast.Done;
        if (done != _done || _whenGotOn is null)
        {
            _done = done;
            _whenGotOn = moment.Signals;
        }

        if (_silence.Look(moment.Time, done) is { } span)
        {
            string? why = moment.Counts.WaitsUntil is null
                ? _lastTrouble
                : FormattableString.Invariant($"{moment.Counts.Parked:N0} requests wait{PlainLine.Until(moment.Counts)} for a quota.");
            terminal.Say(SilenceWatch.Describe(span, _finder.Between(_whenGotOn, moment.Signals), why));
        }
    }

    private void Note(string target, OutcomeKind outcome, Exception? error)
    {
        _lastTrouble = $"The last trouble was at {target}: {error?.Message ?? outcome.ToText()}";
        _errors.Note(outcome, error?.Message ?? outcome.ToText());
    }
}
