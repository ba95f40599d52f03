using System.Xml.Linq;
using AiLib.Dataflow.Cli.Binding;
using AiLib.Dataflow.Cli.Recording;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>The tables of the page. One that has nothing to say is null.</summary>
internal static class ReportTables
{
    // Less is not seen in a picture.
    private const double LeastShare = 0.001;

    /// <summary>Where the time of the last run went: what kept it from doing more.</summary>
    public static XElement? Constraints(JobPicture picture)
    {
        if (picture.Last is not { Constraints: var times } || times.Total <= TimeSpan.Zero)
        {
            return null;
        }

        ConstraintWords[] found = [.. ConstraintWords.All.Where(words => times.Share(words.Constraint) >= LeastShare)];
        XElement bar = Html.Of("div", "split");
        foreach (ConstraintWords words in found)
        {
            bar.Add(Html.Of("span", words.Colour, Html.With("style", $"flex: {times.Share(words.Constraint):0.#####}"), Html.With("title", $"{words.Name} {Figures.Share(times.Share(words.Constraint))}")));
        }

        return Section(
            "Where the time went",
            bar,
            Table(
                ["The run waited for", "|of the time", "|time", "what that means"],
                found.OrderByDescending(words => times[words.Constraint]).Select(words => new object[]
                {
                    new object[] { Html.Of("i", "dot " + words.Colour), words.Name },
                    Figures.Share(times.Share(words.Constraint)),
                    Figures.Duration(times[words.Constraint].TotalSeconds),
                    words.Meaning,
                })));
    }

    /// <summary>Where the requests of the last run were.</summary>
    public static XElement? Stages(JobPicture picture)
    {
        if (picture.Last is not { Stages: { Total: > 0 } stages } last)
        {
            return null;
        }

        StageParts[] parts = [.. StageParts.All.Where(part => part.Of(stages) > 0)];
        XElement bar = Html.Of("div", "split");
        foreach (StageParts part in parts)
        {
            bar.Add(Html.Of("span", part.Colour, Html.With("style", $"flex: {part.Of(stages) / stages.Total:0.#####}"), Html.With("title", $"{part.Name} {Figures.Share(part.Of(stages) / stages.Total)}")));
        }

        double requests = Math.Max(1, last.Elapsed.Count);
        return Section(
            "Where the requests were",
            bar,
            Table(
                ["Requests were", "|of the time", "|each, on average", "what that means"],
                parts.Select(part => new object[]
                {
                    new object[] { Html.Of("i", "dot " + part.Colour), part.Name },
                    Figures.Share(part.Of(stages) / stages.Total),
                    Figures.Milliseconds(1_000 * part.Of(stages) / requests),
                    part.Meaning,
                })));
    }

    /// <summary>How long attempts and requests took.</summary>
    public static XElement? Latencies(JobPicture picture)
    {
        List<object[]> rows = [];
        if (picture.Last is { } last)
        {
            rows.AddRange(last.Targets.Where(target => target.Latency.Count > 0).Select(target => Row($"an attempt at {target.Target}", target.Latency)));
            if (last.Elapsed.Count > 0)
            {
                rows.Add(Row("a request of the last run, from reading it to its end", last.Elapsed));
            }
        }

        if (picture.Totals is { Latency: { } all } totals)
        {
            rows.Add(
            [
                "an answer, over all runs", Figures.Count(totals.Answered), Figures.Milliseconds(all.P50.TotalMilliseconds), Figures.Milliseconds(all.P90.TotalMilliseconds),
                Figures.Milliseconds(all.P99.TotalMilliseconds), Figures.Milliseconds(all.Longest.TotalMilliseconds),
            ]);
        }

        return rows.Count == 0 ? null : Section("How long it took", Table(["", "|number", "|half at most", "|90 %", "|99 %", "|longest"], rows));

        static object[] Row(string name, LatencyRecord latency) =>
        [
            name, Figures.Count(latency.Count), Figures.Milliseconds(latency.P50), Figures.Milliseconds(latency.P90), Figures.Milliseconds(latency.P99), Figures.Milliseconds(latency.Longest),
        ];
    }

    /// <summary>What each target did in the last run, or, without a record, over all of them.</summary>
    public static XElement? Targets(JobPicture picture)
    {
        if (picture.Last is { Targets.Count: > 0 } last)
        {
            return Section(
                "Targets in the last run",
                Table(
                    ["target", "|attempts", "|retries", "|sent on", "circuit at the end", "how attempts ended", "waited most for"],
                    last.Targets.Select(target => new object[]
                    {
                        target.Target, Figures.Count(target.Attempts), Figures.Count(target.Retries), Figures.Count(target.RedirectedAway), target.Circuit.Replace('_', ' '),
                        string.Join(", ", target.Outcomes.OrderByDescending(outcome => outcome.Value).Select(outcome => $"{outcome.Key.Replace('_', ' ')} {Figures.Count(outcome.Value)}")),
                        target.Constraints.Binding is var most && target.Constraints.Total > TimeSpan.Zero ? $"{ConstraintWords.Of(most).Name} ({Figures.Share(target.Constraints.Share(most))})" : "",
                    })));
        }

        return picture.Totals is { AnsweredBy.Count: > 0 } totals
            ? Section(
                "Targets",
                Table(["target", "|answers"], totals.AnsweredBy.OrderByDescending(target => target.Value).Take(50).Select(target => new object[] { target.Key, Figures.Count(target.Value) })))
            : null;
    }

    /// <summary>The runs, where there was more than one.</summary>
    public static XElement? Runs(JobPicture picture) => picture.RunsOfThisJob is not { Count: > 1 } runs
        ? null
        : Section(
            "Runs of this job",
            Table(
                ["began", "|took", "|answered", "|failed", "|attempts", "end"],
                runs.Select(run => new object[]
                {
                    ReportPage.Day(run.Began), Figures.Duration(run.Seconds), Figures.Count(run.Answered), Figures.Count(run.Failed + run.BadLines), Figures.Count(run.Attempts),
                    (run.End == RunRecord.Running ? "killed, or running" : run.End.Replace('_', ' ')) + (run.Reason is { } reason ? $": {reason}" : ""),
                })));

    /// <summary>What was asked for.</summary>
    public static XElement? Settings(JobPicture picture)
    {
        if (picture.Last is not { } last)
        {
            return null;
        }

        return Section(
            "Settings of the last run",
            Table(
                ["setting", "value"],
                new[] { new SettingRecord("input", last.Input), new SettingRecord("results", last.Results), new SettingRecord("errors", last.Errors) }.Concat(last.Settings)
                    .Select(setting => new object[] { Html.Of("code", null, setting.Name), Html.Of("span", "mono", setting.Value) })));
    }

    /// <summary>A part of the page with a heading.</summary>
    internal static XElement Section(string title, params object?[] content) => Html.Of("section", null, Html.Of("h2", null, title), Html.Of("div", "card", content));

    // A column whose name begins with | holds numbers.
    private static XElement Table(string[] columns, IEnumerable<object[]> rows)
    {
        XElement head = Html.Of("tr", null);
        foreach (string column in columns)
        {
            head.Add(Html.Of("th", KindOf(column, heading: true), column.TrimStart('|')));
        }

        XElement body = Html.Of("tbody", null);
        foreach (object[] row in rows)
        {
            XElement line = Html.Of("tr", null);
            foreach ((string column, object cell) in columns.Zip(row))
            {
                line.Add(Html.Of("td", KindOf(column, heading: false), cell is object[] parts ? parts : [cell]));
            }

            body.Add(line);
        }

        return Html.Of("table", null, Html.Of("thead", null, head), body);
    }

    private static string? KindOf(string column, bool heading) => column.StartsWith('|') ? "n" : heading ? null : "w";
}
