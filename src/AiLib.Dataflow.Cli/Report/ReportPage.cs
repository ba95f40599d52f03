using System.Globalization;
using System.Xml.Linq;
using AiLib.Dataflow.Cli.Recording;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>Makes the page of a job: one file that needs nothing else, no script, and no network, which it forbids itself.</summary>
internal static class ReportPage
{
    /// <summary>What a page of ours says of itself.</summary>
    public const string Generator = "ailib report";

    /// <summary>The page.</summary>
    public static string Of(JobPicture picture)
    {
        XElement main = Html.Of("main", null, Header(picture), Tiles(picture));
        foreach (string note in picture.Notes)
        {
            main.Add(Html.Of("p", "note", With("margin-top: 12px"), note));
        }

        if (picture.Last is { Points.Count: > 0 } last)
        {
            main.Add(Html.Of("h2", null, picture.RunsOfThisJob.Count > 1 ? "The last run over time" : "Over time"), Html.Of("div", "charts", TimeCharts.Of(last.Points)));
        }

        main.Add(ReportTables.Constraints(picture), ReportTables.Stages(picture), ReportTables.Latencies(picture), ReportTables.Targets(picture), ReportErrors.Of(picture), ReportTables.Runs(picture), ReportTables.Settings(picture));
        main.Add(Html.Of("footer", null, $"Made by ailib on {Day(picture.Made)}. Times are UTC. Quantiles of attempts are right to within 1/16."));
        return Html.ToPage(Html.Of("html", null, Html.With("lang", "en"), Head(picture), Html.Of("body", null, main)));
    }

    /// <summary>A moment in UTC.</summary>
    internal static string Day(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static XAttribute With(string style) => Html.With("style", style);

    private static XElement Head(JobPicture picture) => Html.Of(
        "head",
        null,
        Html.Of("meta", null, Html.With("charset", "utf-8")),
        Html.Of("meta", null, Html.With("name", "generator"), Html.With("content", Generator)),
        // Whatever got into the page: nothing is loaded, nothing runs, nothing is sent.
        Html.Of("meta", null, Html.With("http-equiv", "Content-Security-Policy"), Html.With("content", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'")),
        Html.Of("meta", null, Html.With("name", "referrer"), Html.With("content", "no-referrer")),
        Html.Of("meta", null, Html.With("name", "viewport"), Html.With("content", "width=device-width, initial-scale=1")),
        Html.Of("meta", null, Html.With("name", "color-scheme"), Html.With("content", "light dark")),
        Html.Of("title", null, $"{picture.Name}: {Figures.Count(picture.Answered)} answered, {Figures.Count(picture.Failed)} failed"),
        // Not through Html.Of: it is our own text of several lines.
        new XElement("style", ReportStyle.Css));

    private static XElement Header(JobPicture picture)
    {
        (string word, string kind) = (picture.Last?.End, picture.Failed) switch
        {
            ("completed", 0) => ("Completed", "good"),
            ("completed", _) => ("Completed with failures", "fair"),
            ("interrupted", _) => ("Interrupted", "fair"),
            ("stopped_early", _) => ("Stopped early", "bad"),
            (RunRecord.Running, _) => ("Running, or killed", "fair"),
            _ => ("From the files alone", "fair"),
        };
        XElement about = Html.Of("p", "soft", Html.Of("span", "badge " + kind, word));
        if (picture.Last is { } last)
        {
            about.Add($"{Day(last.Began)} UTC · {Figures.Duration(last.Seconds)}");
            foreach (TargetRecord target in last.Targets.Take(3))
            {
                about.Add(" · ", Html.Of("span", "w", target.Target));
            }
        }

        XElement header = Html.Of("header", null, Html.Of("h1", null, picture.Name), about);
        if (picture.Last?.Reason is { } reason)
        {
            header.Add(Html.Of("p", "bad w", reason));
        }

        return header;
    }

    private static XElement Tiles(JobPicture picture)
    {
        long all = picture.Answered + picture.Failed;
        XElement tiles = Html.Of(
            "section",
            "tiles",
            Tile(Figures.Count(picture.Answered), picture.Totals?.Copies > 0 ? $"answered, {Figures.Count(picture.Totals.Copies)} of them copies" : "answered"),
            Tile(Figures.Count(picture.Failed), all > 0 ? $"failed, {Figures.Share((double)picture.Failed / all)}" : "failed", picture.Failed > 0 ? "bad" : null));
        if (picture.Last is { } last)
        {
            tiles.Add(Tile(Figures.Short(last.Answered / Math.Max(last.Seconds, 0.001)) + "/s", "answered in the last run"));
            tiles.Add(Tile(Figures.Short(last.Retries), last.Attempts > 0 ? $"retries, {Figures.Share((double)last.Retries / last.Attempts)} of {Figures.Short(last.Attempts)} attempts" : "retries"));
        }

        (long input, long output) = picture.Totals is { } totals ? (totals.InputTokens, totals.OutputTokens) : (picture.Runs.Sum(run => run.InputTokens), picture.Runs.Sum(run => run.OutputTokens));
        if (input + output > 0)
        {
            tiles.Add(Tile(Figures.Short(input), "LLM tokens in"), Tile(Figures.Short(output), "LLM tokens out"));
        }

        if (picture.Last?.Spend is { } spend)
        {
            List<string> parts = [spend.BeforeUsd > 0 ? "spent over all runs" : "spent"];
            if (spend.EstimatedUsd > 0)
            {
                parts.Add($"{UsdText.Of(spend.EstimatedUsd)} of it estimated");
            }

            if (spend.UnknownAttempts > 0)
            {
                parts.Add($"and {Figures.Count(spend.UnknownAttempts)} attempts without a price");
            }

            tiles.Add(Tile(UsdText.Of(spend.TotalUsd), string.Join(", ", parts)));
            if (spend.ProjectedUsd is { } projected && picture.Last.End != "completed")
            {
                tiles.Add(Tile(UsdText.Of(projected), "expected in the end"));
            }
        }

        // Where nothing but answers cost anything the one number says it all.
        if (picture.Totals is { AnswersWithCost: > 0 } priced && picture.Last?.Spend?.TotalUsd != priced.CostUsd)
        {
            string part = priced.AnswersWithCost < priced.Answered ? $"cost of {Figures.Count(priced.AnswersWithCost)} answers with a price" : "cost of the answers";
            tiles.Add(Tile("$" + priced.CostUsd.ToString(priced.CostUsd >= 1 ? "N2" : "0.00####", CultureInfo.InvariantCulture), part));
        }

        return tiles;
    }

    private static XElement Tile(string number, string text, string? kind = null) => Html.Of("div", "tile", Html.Of("b", kind, number), Html.Of("span", null, text));
}
