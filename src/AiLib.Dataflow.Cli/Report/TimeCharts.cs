using System.Xml.Linq;
using AiLib.Dataflow.Cli.Binding;
using AiLib.Dataflow.Cli.Recording;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>The charts of a run: what happened over time.</summary>
internal static class TimeCharts
{
    // Rates of pieces of a quarter of a second jump with every answer; quantiles cannot be put together, and are drawn as they are.
    private const int MostPieces = 100;

    /// <summary>The charts that have something to show.</summary>
    public static IEnumerable<XElement> Of(IReadOnlyList<RunPoint> points)
    {
        IReadOnlyList<RunPoint> pieces = Gather(points);
        Chart rates = new([.. pieces.Select(piece => piece.End)], Figures.Short);
        yield return rates.Lines(
            "Requests per second",
            [
                new ChartLine("answered", "blue", PerSecond(pieces, piece => piece.Answered), IsFilled: true),
                .. pieces.Any(piece => piece.Failed > 0) ? new[] { new ChartLine("failed", "red", PerSecond(pieces, piece => piece.Failed)) } : [],
            ]);
        yield return rates.Lines(
            "In flight",
            [
                new ChartLine("in flight", "blue", [.. pieces.Select(piece => (double?)piece.Stages.InFlight)], IsFilled: true),
                .. pieces.Any(piece => piece.Limit > 0) ? new[] { new ChartLine("limit", "grey dashed", [.. pieces.Select(piece => piece.Limit > 0 ? piece.Limit : (double?)null)]) } : [],
            ]);
        if (points.Any(point => point.P50 is not null))
        {
            yield return new Chart([.. points.Select(point => point.End)], Figures.Milliseconds).Lines(
                "How long attempts took",
                new ChartLine("99 % at most", "red dotted", [.. points.Select(point => point.P99)]),
                new ChartLine("90 %", "orange dashed", [.. points.Select(point => point.P90)]),
                new ChartLine("half", "blue", [.. points.Select(point => point.P50)]));
        }

        if (pieces.Any(piece => piece.Throttled + piece.Retries + piece.Redirects > 0))
        {
            yield return rates.Lines(
                "Refusals and further attempts per second",
                [
                    new ChartLine("429s", "orange", PerSecond(pieces, piece => piece.Throttled), IsFilled: true),
                    new ChartLine("retries", "violet dashed", PerSecond(pieces, piece => piece.Retries)),
                    .. pieces.Any(piece => piece.Redirects > 0) ? new[] { new ChartLine("redirects", "green dotted", PerSecond(pieces, piece => piece.Redirects)) } : [],
                ]);
        }

        if (pieces.Any(piece => piece.Constraints.Total > TimeSpan.Zero))
        {
            yield return new Chart([.. pieces.Select(piece => piece.End)], Figures.Share).Stack(
                "What was waited for",
                [
                    .. ConstraintWords.All.Where(words => pieces.Any(piece => piece.Constraints[words.Constraint] > TimeSpan.Zero))
                        .Select(words => new ChartLine(words.Name, words.Colour, [.. pieces.Select(piece => (double?)piece.Constraints.Share(words.Constraint))])),
                ]);
        }

        yield return rates.Stack("Where requests were", [.. StageParts.All.Select(part => new ChartLine(part.Name, part.Colour, [.. pieces.Select(piece => (double?)part.Of(piece.Stages))]))]);
        if (pieces.Any(piece => piece.InputTokens + piece.OutputTokens > 0))
        {
            yield return rates.Lines(
                "LLM tokens per second",
                new ChartLine("in", "green", PerSecond(pieces, piece => piece.InputTokens), IsFilled: true),
                new ChartLine("out", "violet dashed", PerSecond(pieces, piece => piece.OutputTokens)));
        }

        if (pieces.Any(piece => piece.CostUsd > 0))
        {
            double spent = 0;
            yield return new Chart([.. pieces.Select(piece => piece.End)], static usd => UsdText.Of((decimal)usd)).Lines(
                "Spent in this run",
                new ChartLine("USD", "green", [.. pieces.Select(piece => (double?)(spent += piece.CostUsd))], IsFilled: true));
        }
    }

    /// <summary>Neighbouring points put together, so many as are worth drawing; counts are summed, levels averaged over time.</summary>
    internal static IReadOnlyList<RunPoint> Gather(IReadOnlyList<RunPoint> points)
    {
        int size = Math.Max(1, (points.Count + MostPieces - 1) / MostPieces);
        return [.. points.Chunk(size).Select(chunk => chunk.Aggregate(Join))];
    }

    private static RunPoint Join(RunPoint first, RunPoint second)
    {
        double seconds = first.Seconds + second.Seconds;
        double share = seconds > 0 ? second.Seconds / seconds : 0;
        return new RunPoint
        {
            End = second.End,
            Seconds = seconds,
            Answered = first.Answered + second.Answered,
            Failed = first.Failed + second.Failed,
            Attempts = first.Attempts + second.Attempts,
            Retries = first.Retries + second.Retries,
            Redirects = first.Redirects + second.Redirects,
            Throttled = first.Throttled + second.Throttled,
            InputTokens = first.InputTokens + second.InputTokens,
            OutputTokens = first.OutputTokens + second.OutputTokens,
            CostUsd = first.CostUsd + second.CostUsd,
            Constraints = first.Constraints.Plus(second.Constraints),
            Stages = (first.Stages * (1 - share)) + (second.Stages * share),
            Limit = (first.Limit * (1 - share)) + (second.Limit * share),
        };
    }

    private static double?[] PerSecond(IReadOnlyList<RunPoint> pieces, Func<RunPoint, long> count) =>
        [.. pieces.Select(piece => piece.Seconds > 0 ? count(piece) / piece.Seconds : (double?)null)];
}
