using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Cli.Binding;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Live;

/// <summary>Looks at a run now and then, and knows what has changed since.</summary>
/// <remarks>For one thread.</remarks>
/// <param name="settings">What the command line says.</param>
/// <param name="asked">Which limits were asked for.</param>
internal sealed class RunWatch(RunSettings settings, IReadOnlyList<AskedLimits> asked)
{
    private const int Settled = 0;
    private const int InputTokens = 1;
    private const int OutputTokens = 2;
    private const int Attempts = 3;
    private const int FirstTarget = 4;

    // Long enough that the words can be read before they change.
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(5);

    private readonly Queue<(TimeSpan Time, SignalsSnapshot Signals)> _recent = [];
    private readonly BoundFinder _finder = new(settings, asked);
    private RecentRate? _rate;

    /// <summary>Looks.</summary>
    /// <param name="time">The time since the run began.</param>
    /// <param name="counts">What the job has counted.</param>
    /// <param name="now">What the pipeline says.</param>
    /// <param name="lastFailure">Why the last request failed for good; null when none has.</param>
    public RunMoment Look(TimeSpan time, in BatchJobCounts counts, SignalsSnapshot now, string? lastFailure)
    {
        RecentRate rate = _rate ??= new RecentRate(FirstTarget + now.Targets.Count);
        rate.Add(time, [counts.Answered + counts.Failed, counts.InputTokens, counts.OutputTokens, now.Attempts, .. now.Targets.Select(target => target.Attempts)]);
        QuotaUse quota = QuotaUse.Of(now, asked);
        Forecast forecast = Forecast.Of(counts, settings.InputOptions, Pace(rate, quota), rate.Span);
        Bound? bound = _finder.Between(Remember(time, now), now);
        return new RunMoment
        {
            Time = time,
            Counts = counts,
            Signals = now,
            // While nothing can be called nobody knows when it can be again, and the pace of before is no pace.
            Forecast = bound?.Constraint == Constraint.Unavailable ? forecast with { Left = null } : forecast,
            Bound = bound,
            Quota = quota,
            PerSecond = rate.Of(Settled),
            AttemptsPerMinute = 60 * rate.Of(Attempts),
            InputTokensPerSecond = rate.Of(InputTokens),
            OutputTokensPerSecond = rate.Of(OutputTokens),
            AttemptsPerMinuteAt = [.. now.Targets.Select((_, index) => 60 * rate.Of(FirstTarget + index))],
            ProjectedUsd = SpendForecast.Of(counts, forecast),
            LastFailure = lastFailure,
        };
    }

    /// <summary>Requests a second in the last minute, but no more than the quota lets through: what had been saved up at the beginning is spent once.</summary>
    private static double Pace(RecentRate rate, QuotaUse quota)
    {
        double pace = rate.Of(Settled);
        if (quota.RequestsPerMinute is { } requests && rate.Of(Attempts) > 0)
        {
            pace = Math.Min(pace, requests / 60 * Math.Min(1, pace / rate.Of(Attempts)));
        }

        double tokens = rate.Of(InputTokens) + rate.Of(OutputTokens);
        return quota.TokensUsed is { } limit && tokens > 0 ? Math.Min(pace, limit / 60 * (rate.Of(Settled) / tokens)) : pace;
    }

    /// <summary>Keeps the signals for a while.</summary>
    /// <returns>Those of a while ago; null for the beginning.</returns>
    private SignalsSnapshot? Remember(TimeSpan time, SignalsSnapshot now)
    {
        // What takes room in them is not needed for this.
        _recent.Enqueue((time, now with { Targets = [.. now.Targets.Select(target => target with { LatencyDistribution = null })] }));
        while (_recent.Count > 1 && time - _recent.ElementAt(1).Time >= Recent)
        {
            _recent.Dequeue();
        }

        return time - _recent.Peek().Time >= Recent ? _recent.Peek().Signals : null;
    }
}
