using System.Globalization;
using System.Text.Json;
using AiLib.Dataflow.Scenarios;

// Scenarios check their own result and name the rivals beside it: dotnet run -c Release --project bench/AiLib.Dataflow.Scenarios [-- --json]
IReadOnlyList<ScenarioRow> rows = await OneLaneThrottled.RunAsync();
if (args.Contains("--json", StringComparer.Ordinal))
{
    Console.WriteLine(JsonSerializer.Serialize(rows.Select(row => new { row.Scenario, row.Rival, Seconds = row.Took.TotalSeconds, row.OverBest })));
    return;
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{nameof(OneLaneThrottled)}: best possible {OneLaneThrottled.Best.TotalSeconds:0.000} s"));
foreach (ScenarioRow row in rows)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {row.Rival,-36} {row.Took.TotalSeconds,7:0.000} s   {row.OverBest:0.00} × best"));
}
