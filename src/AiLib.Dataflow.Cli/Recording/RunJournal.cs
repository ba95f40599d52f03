using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Cli.Live;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>Records a run while it runs, and keeps the record beside its results: now and then, because a run may be killed, and at its end.</summary>
/// <remarks>
/// For one thread at a time. A run that asks for nothing leaves no record, so that a finished job run again changes no byte. A record that cannot be written never ends
/// a run; it is said once.
/// </remarks>
internal sealed class RunJournal
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    private readonly RunRecorder _recorder = new();
    private readonly RunRecord _frame;
    private readonly RunRecordFile? _file;
    private readonly IReadOnlyList<RunRecord> _earlier;
    private readonly Action<string> _say;
    private TimeSpan _written;
    private bool _cannotWrite;

    private RunJournal(RunRecord frame, RunRecordFile? file, IReadOnlyList<RunRecord> earlier, Action<string> say)
    {
        _frame = frame;
        _file = file;
        _earlier = earlier;
        _say = say;
    }

    /// <summary>The runs of the job so far, this one included.</summary>
    public IReadOnlyList<RunRecord> Runs { get; private set; } = [];

    /// <summary>Begins to record a run.</summary>
    /// <param name="job">The job, opened.</param>
    /// <param name="settings">What the command line says.</param>
    /// <param name="targets">The targets.</param>
    /// <param name="began">The time of day.</param>
    /// <param name="say">Told what cannot be done.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<RunJournal> BeginAsync(
        BatchJob job, RunSettings settings, IReadOnlyList<Target> targets, DateTimeOffset began, Action<string> say, CancellationToken cancellationToken)
    {
        RunRecord frame = new()
        {
            Began = began,
            Seconds = 0,
            End = RunRecord.Running,
            Input = settings.Input,
            Results = job.ResultsPath,
            Errors = job.ErrorsPath,
            Fresh = settings.Fresh,
            Settings = SettingTexts.Of(settings, targets),
        };
        RunRecordFile? file = job.IsResumable ? new RunRecordFile(job.ResultsPath) : null;
        try
        {
            IReadOnlyList<RunRecord> earlier = file is null ? [] : await file.ReadAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
            return new RunJournal(frame, file, earlier, say);
        }
        catch (Exception unusable) when (unusable is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // It is left as it is: it may be somebody's, and nothing of the job is in it.
            say(unusable.Message);
            return new RunJournal(frame, file: null, [], say);
        }
    }

    /// <summary>What bound so far, and for how long.</summary>
    public ConstraintTimes Constraints => _recorder.Last.Constraints;

    /// <summary>Looks at the run.</summary>
    public void Observe(RunMoment moment)
    {
        _recorder.Observe(moment.Time, moment.Counts, moment.Signals);
        if (moment.Time - _written >= Every)
        {
            _written = moment.Time;
            Keep(ToRecord(RunRecord.Running, reason: null, moment.Time, moment.Counts, moment.Signals, moment.ProjectedUsd));
        }
    }

    /// <summary>Takes the last look, and keeps the record.</summary>
    /// <param name="result">How the run ended.</param>
    /// <param name="last">What the pipeline said last.</param>
    /// <param name="input">Which part of the input is read.</param>
    public void End(BatchJobResult result, SignalsSnapshot last, BatchInputOptions input)
    {
        _recorder.Observe(result.Elapsed, result.Counts, last);
        BatchJobCounts counts = result.Counts;
        decimal? projected = SpendForecast.Of(counts, Forecast.Of(counts, input, perSecond: 0, TimeSpan.Zero));
        Keep(ToRecord(result.End.ToText(), result.Reason, result.Elapsed, counts, last, projected));
    }

    private void Keep(RunRecord record)
    {
        Runs = [.. _earlier, record];
        if (_file is null || _cannotWrite || (record.Attempts == 0 && record.BadLines == 0))
        {
            return;
        }

        try
        {
            _file.Write(_earlier, record);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _cannotWrite = true;
            _say($"What happened over time cannot be kept in '{_file.Path}', and 'ailib report' will not know it: {failure.Message}");
        }
    }

    private RunRecord ToRecord(string end, string? reason, TimeSpan time, in BatchJobCounts counts, SignalsSnapshot now, decimal? projected) => _frame with
    {
        Seconds = Math.Round(time.TotalSeconds, 3),
        End = end,
        Reason = reason,
        Answered = counts.Answered,
        Failed = counts.Failed,
        BadLines = counts.BadLines,
        AlreadyDone = counts.AlreadyDone,
        AlreadyFailed = counts.AlreadyFailed,
        InputTokens = counts.InputTokens,
        OutputTokens = counts.OutputTokens,
        Attempts = now.Attempts,
        Retries = now.Retries,
        Redirects = now.Redirects,
        Elapsed = LatencyRecord.Of(now.Elapsed),
        Stages = _recorder.Last.Stages,
        Constraints = Constraints,
        Spend = SpendRecord.Of(counts.Spend, projected),
        Targets = [.. now.Targets.Select(TargetRecord.Of)],
        Points = _recorder.Points,
    };
}
