using System.Globalization;

namespace AiLib.Dataflow.Scenarios.Reporting;

/// <summary>Writes a report for people.</summary>
internal static class TablePrinter
{
    private const int NameWidth = 42;

    /// <summary>Writes it.</summary>
    public static void Print(TextWriter output, ScenarioReport report)
    {
        foreach (ReportTable table in report.Tables)
        {
            output.WriteLine($"{report.Scenario}: {table.Title}");
            int[] widths = [.. table.Rows[0].Metrics.Select(
                (metric, column) => table.Rows.Max(row => Math.Max(metric.Name.Length, Show(row.Metrics[column]).Length)))];
            output.WriteLine(Line("", table.Rows[0].Metrics.Select(static metric => metric.Name), widths));
            foreach (ReportRow row in table.Rows)
            {
                output.WriteLine(Line(row.Rival, row.Metrics.Select(Show), widths));
            }

            output.WriteLine();
        }

        foreach (string warning in report.Warnings)
        {
            output.WriteLine($"  warning: {warning}");
        }
    }

    private static string Line(string name, IEnumerable<string> cells, int[] widths) =>
        "  " + name.PadRight(NameWidth) + string.Concat(cells.Select((cell, column) => "  " + cell.PadLeft(widths[column])));

    private static string Show(Metric metric) => metric.Value.ToString(metric.Format, CultureInfo.InvariantCulture);
}
