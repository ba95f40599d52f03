using System.Globalization;
using System.Xml.Linq;
using AiLib.Dataflow.Batch.Export;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>The errors by kind, with examples.</summary>
internal static class ReportErrors
{
    private const int MostShown = 40;

    /// <summary>The part of the page; null when there are none.</summary>
    public static XElement? Of(JobPicture picture)
    {
        if (picture.Totals is not { ErrorKinds.Count: > 0 } totals)
        {
            return null;
        }

        List<object?> parts = [];
        foreach (BatchErrorKind kind in totals.ErrorKinds.Take(MostShown))
        {
            parts.Add(Describe(kind, isOpen: parts.Count < 5));
        }

        if (totals.ErrorKinds.Count > MostShown)
        {
            parts.Add(Html.Of("p", "note", $"{Figures.Count(totals.ErrorKinds.Count - MostShown)} rarer kinds are not shown."));
        }

        return ReportTables.Section("Errors by kind", [.. parts]);
    }

    private static XElement Describe(BatchErrorKind kind, bool isOpen)
    {
        string name = (kind.Status, kind.Code) switch
        {
            ({ } status, { } code) => string.Create(CultureInfo.InvariantCulture, $"HTTP {status}: {code}"),
            ({ } status, null) => string.Create(CultureInfo.InvariantCulture, $"HTTP {status}"),
            (null, { } code) => code,
            _ => "without a code",
        };
        XElement details = Html.Of("details", null, isOpen ? Html.With("open", "open") : null, Html.Of("summary", null, Html.Of("b", null, Figures.Count(kind.Count)), Html.Of("code", null, name)));
        foreach (BatchErrorExample example in kind.Examples)
        {
            details.Add(Html.Of(
                "div",
                "example",
                Html.Of("div", "who w", (example.CustomId ?? "a line without an id") + (example.Target is { } target ? $" at {target}" : "")),
                Html.Of("div", "mono", example.Message ?? "no message")));
        }

        return details;
    }
}
