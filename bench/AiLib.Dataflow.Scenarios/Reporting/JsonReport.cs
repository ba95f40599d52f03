using System.Text.Encodings.Web;
using System.Text.Json;

namespace AiLib.Dataflow.Scenarios.Reporting;

/// <summary>Writes reports for programs.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,

        // For a terminal or a file, not for a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>One object: the machine, and for each scenario its tables with a row for each rival.</summary>
    public static string Write(MachineDescription machine, ScenarioOptions options, IEnumerable<ScenarioReport> reports) => JsonSerializer.Serialize(
        new
        {
            Machine = machine,
            options.Quick,
            Scenarios = reports.Select(static report => new
            {
                report.Scenario,
                Tables = report.Tables.Select(static table => new
                {
                    table.Id,
                    table.Title,
                    Rows = table.Rows.Select(static row => new
                    {
                        row.Rival,
                        Metrics = row.Metrics.ToDictionary(static metric => metric.Name, static metric => Math.Round(metric.Value, 4), StringComparer.Ordinal),
                    }),
                }),
                report.Failures,
                report.Warnings,
            }),
        },
        Options);
}
