namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>
/// How fast is <c>ailib run</c> over HTTP, compared with nothing but the HTTP?
/// <code>
///   requests.jsonl ── ailib run ─────── 64 in flight ──► ailib simulate      the tool: read, check, send, check the answer, write its line
///   the same bodies ─ HttpClient loop ─ 64 in flight ──► the same process    the rival: send, read the answer to its end, forget it
/// </code>
/// The rival runs twice in each round: as .NET runs a program whose author has set nothing, and with the runtime settings of the tool.
/// All on one machine over loopback, without latency, so that nothing hides what a request costs.
/// <c>dotnet run -c Release --project bench/AiLib.Dataflow.BatchOverHttp [-- --quick] [--json] [--rounds N] [--lines N] [--bytes N]</c>, with lines of at least so many bytes
/// <c>dotnet run -c Release --project bench/AiLib.Dataflow.BatchOverHttp -- memory [--lines N]</c>: see <see cref="MemoryScenario"/>.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is [PlainLoop.Command, var address, var input])
        {
            await PlainLoop.RunAsync(new Uri(address), input).ConfigureAwait(false);
            return 0;
        }

        if (arguments is ["memory", ..])
        {
            Console.WriteLine(MemoryRow.ToTable(await new MemoryScenario(Number(arguments, "--lines") ?? 1_000_000).RunAsync().ConfigureAwait(false)));
            return 0;
        }

        bool isQuick = arguments.Contains("--quick", StringComparer.Ordinal);
        Scenario scenario = new(Number(arguments, "--lines") ?? (isQuick ? 40_000 : 100_000), Number(arguments, "--rounds") ?? (isQuick ? 5 : 7), Number(arguments, "--bytes") ?? 0);
        IReadOnlyList<ScenarioRow> rows = await scenario.RunAsync().ConfigureAwait(false);
        Console.WriteLine(arguments.Contains("--json", StringComparer.Ordinal) ? Report.ToJson(rows) : Report.ToTable(scenario, rows));
        return 0;
    }

    private static int? Number(string[] arguments, string option)
    {
        int at = Array.IndexOf(arguments, option);
        return at < 0 ? null : int.Parse(arguments[at + 1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
