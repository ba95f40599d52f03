using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>The rows for people and for programs.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>A table.</summary>
    public static string ToTable(Scenario scenario, IReadOnlyList<ScenarioRow> rows)
    {
        StringBuilder table = new();
        table.AppendLine(CultureInfo.InvariantCulture,
            $"{scenario.Lines:N0} requests, {Scenario.InFlight} in flight, {scenario.Rounds} rounds, {Environment.ProcessorCount} processors; medians; steady = without the first quarter");
        table.AppendLine(CultureInfo.InvariantCulture,
            $"{"",-38}{"req/s",9}{"ratio",7}{"steady",10}{"ratio",7}{"CPU µs",9}{"steady",8}{"ratio",7}{"server µs",11}");
        foreach (ScenarioRow row in rows)
        {
            Run run = row.Median;
            table.AppendLine(CultureInfo.InvariantCulture,
                $"{row.Rival,-38}{run.PerSecond,9:N0}{row.Ratio,7:0.00}{run.SteadyPerSecond,10:N0}{row.SteadyRatio,7:0.00}{run.CpuMicroseconds,9:0.0}{run.SteadyCpuMicroseconds,8:0.0}{row.CpuRatio,7:0.00}{run.ServerMicroseconds,11:0.0}");
        }

        return table.ToString().TrimEnd();
    }

    /// <summary>The same as JSON.</summary>
    public static string ToJson(IReadOnlyList<ScenarioRow> rows) => JsonSerializer.Serialize(rows, Indented);
}
