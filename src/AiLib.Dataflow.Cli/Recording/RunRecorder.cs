using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>Writes down what a run does over time: counters as they are, and how many requests are where, from looking often.</summary>
/// <remarks>For one thread.</remarks>
internal sealed class RunRecorder
{
    /// <summary>How often to look. A run of a few seconds is to have a picture too.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly RunSeries _series = new(Period);
    private RunSample _last;
    private SignalsSnapshot? _before;

    /// <summary>What happened so far, piece by piece.</summary>
    public IReadOnlyList<RunPoint> Points => _series.ToPoints();

    /// <summary>All that was counted so far.</summary>
    public RunSample Last => _last;

    /// <summary>Looks at a run.</summary>
    /// <param name="time">The time since it began.</param>
    /// <param name="counts">What the job has counted.</param>
    /// <param name="now">What the pipeline says.</param>
    public void Observe(TimeSpan time, in BatchJobCounts counts, SignalsSnapshot now)
    {
        if (_before is null)
        {
            // Before anything was counted: what is counted at the first look happened since then.
            _series.Add(default);
        }

        // What is seen now is taken for the whole time since the last look.
        double seconds = Math.Max(0, (time - _last.Time).TotalSeconds);
        StageSeconds seen = new(now.Depths.Door + now.Depths.Admitting + now.Depths.Ready, now.Depths.InFlight, now.Depths.Delayed, now.Depths.Settling);
        int limit = now.Targets.Any(target => target.MaxInflight == 0) ? 0 : now.Targets.Sum(target => target.MaxInflight);
        LatencyDistribution? latency = null;
        foreach (TargetSignals target in now.Targets)
        {
            latency = target.LatencyDistribution?.Plus(latency) ?? latency;
        }

        _last = new RunSample
        {
            Time = time,
            Answered = counts.Answered,
            Failed = counts.Failed + counts.BadLines,
            Attempts = now.Attempts,
            Retries = now.Retries,
            Redirects = now.Redirects,
            Throttled = now.Targets.Sum(target => target.Outcomes[OutcomeKind.Throttled]),
            InputTokens = counts.InputTokens,
            OutputTokens = counts.OutputTokens,
            Stages = _last.Stages + (seen * seconds),
            CostUsd = counts.Spend?.Usd ?? 0,
            // Piece by piece: what bound several targets together is told the better the shorter the time.
            Constraints = _last.Constraints.Plus(now.ConstraintsSince(_before)),
            LimitSeconds = _last.LimitSeconds + (limit * seconds),
            Latency = latency,
        };
        _before = now;
        _series.Add(_last);
    }
}
