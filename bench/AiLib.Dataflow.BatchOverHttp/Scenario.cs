namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>The rivals one after the other, round by round, against one simulator.</summary>
/// <param name="lines">Requests in a run.</param>
/// <param name="rounds">Runs of each.</param>
/// <param name="lineBytes">How long each line is at least.</param>
/// <remarks>Interleaved, because a machine that others use changes its speed: a rival is only compared with its neighbour of the same round.</remarks>
internal sealed class Scenario(int lines, int rounds, int lineBytes)
{
    /// <summary>Requests in flight.</summary>
    public const int InFlight = 64;

    // What the tool's project sets. This one sets nothing, and so the plain loop runs as a program does whose author has set nothing.
    private static readonly (string Name, string Value)[] ToolSettings =
        [("DOTNET_TieredPGO", "0"), ("DOTNET_TC_CallCountingDelayMs", "0"), ("DOTNET_gcConcurrent", "0"), ("DOTNET_GCGen0MaxBudget", "400000")];

    /// <summary>Requests in a run.</summary>
    public int Lines => lines;

    /// <summary>Runs of each.</summary>
    public int Rounds => rounds;

    /// <summary>Runs all rounds.</summary>
    /// <returns>A row for each rival; the first is what the others are compared with.</returns>
    public async Task<IReadOnlyList<ScenarioRow>> RunAsync()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("ailib-bench-");
        try
        {
            string input = Path.Combine(directory.FullName, "requests.jsonl");
            await InputFile.WriteAsync(input, lines, lineBytes).ConfigureAwait(false);
            using Simulator simulator = await Simulator.StartAsync().ConfigureAwait(false);
            return await RunAsync(simulator, input).ConfigureAwait(false);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private async Task<IReadOnlyList<ScenarioRow>> RunAsync(Simulator simulator, string input)
    {
        PlainClient plain = new(simulator, lines, []);
        PlainClient tuned = new(simulator, lines, ToolSettings);
        ToolClient tool = new(simulator, lines);

        // Not counted: the simulator compiles itself.
        await plain.RunAsync(input).ConfigureAwait(false);
        List<Run> plainRuns = [], tunedRuns = [], toolRuns = [];
        for (int round = 0; round < rounds; round++)
        {
            plainRuns.Add(await plain.RunAsync(input).ConfigureAwait(false));
            toolRuns.Add(await tool.RunAsync(input).ConfigureAwait(false));
            tunedRuns.Add(await tuned.RunAsync(input).ConfigureAwait(false));
        }

        return
        [
            ScenarioRow.From("plain HttpClient loop", plainRuns, plainRuns),
            ScenarioRow.From("the same with ailib's settings", tunedRuns, plainRuns),
            ScenarioRow.From("ailib run", toolRuns, plainRuns),
            ScenarioRow.From("ailib run ÷ the loop with its settings", toolRuns, tunedRuns),
        ];
    }
}
