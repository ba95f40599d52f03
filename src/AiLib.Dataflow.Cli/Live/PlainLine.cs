using System.Text;
using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Cli.Report;

namespace AiLib.Dataflow.Cli.Live;

/// <summary>The progress of a run in one plain line, for where nobody looks at a terminal.</summary>
internal static class PlainLine
{
    /// <summary>The line.</summary>
    /// <param name="moment">The moment of the run.</param>
    /// <param name="bound">What has bound since the line before; null when nothing did.</param>
    public static string Of(RunMoment moment, Binding.Bound? bound)
    {
        BatchJobCounts counts = moment.Counts;
        StringBuilder line = new($"{LiveView.Clock(moment.Time)}  {Figures.Count(counts.Answered)} answered, {Figures.Count(counts.Failed + counts.BadLines)} failed");
        line.Append(counts.AlreadyDone > 0 ? $", {Figures.Count(counts.AlreadyDone)} already done" : "")
            .Append($", {Figures.Count(moment.Signals.CurrentInflight)} in flight, {Figures.Count(moment.Signals.Depths.Delayed)} to retry")
            .Append(counts.Parked > 0 ? $", {Figures.Count(counts.Parked)} parked{Until(counts)}" : "")
            .Append(moment.Forecast.Share is { } share ? FormattableString.Invariant($", {Math.Floor(100 * share):0} % done") : "")
            .Append($", {Figures.Short(moment.PerSecond)}/s")
            .Append(moment.Forecast.Left is { } left ? $", {LiveView.Clock(left)} left" : "");
        if (counts.Spend is { } spend)
        {
            line.Append($", {(spend.UnknownAttempts > 0 ? "at least " : "")}{UsdText.Of(spend.TotalUsd)} spent")
                .Append(moment.ProjectedUsd is { } projected ? $", about {UsdText.Of(projected)} in the end" : "");
        }

        return line.Append(bound is null ? "" : $"; waits for {bound}").ToString();
    }

    /// <summary>Until when a run waits for a quota, as a part of a sentence; empty when it does not.</summary>
    public static string Until(BatchJobCounts counts) => counts.WaitsUntil is { } until ? FormattableString.Invariant($" until {until.ToUniversalTime():yyyy-MM-dd HH:mm:ss} UTC") : "";
}
