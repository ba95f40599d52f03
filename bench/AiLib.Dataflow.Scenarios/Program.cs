using System.CommandLine;
using System.CommandLine.Parsing;
using AiLib.Dataflow.Scenarios.Quota;
using AiLib.Dataflow.Scenarios.Reporting;

namespace AiLib.Dataflow.Scenarios;

/// <summary>Runs scenarios by name. Each checks its own result and has its rivals beside it.</summary>
/// <remarks>Exit codes: 0 every check held, 1 one did not, 2 the command line is wrong.</remarks>
internal static class Program
{
    private const int CheckFailed = 1;
    private const int WrongCommandLine = 2;

    private static async Task<int> Main(string[] arguments)
    {
        Argument<string[]> names = new("SCENARIO")
        {
            Description = $"Which ones, or all: {ScenarioList.Names}. Default: all.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<bool> quick = new("--quick") { Description = "Smaller: each ends within 30 seconds." };
        Option<bool> json = new("--json") { Description = "Write one JSON object to standard output." };
        Option<bool> http = new("--http") { Description = "quota: over HTTP on this machine and in real time, a minute of each situation." };
        Option<double?> minutes = new("--minutes") { Description = "quota: how long each situation is judged." };
        Option<string[]> only = new("--only") { Description = "quota: only situations with this in their name; may be repeated." };
        RootCommand root = new("What users pay for, measured: the pipeline and its rivals on one machine.") { names, quick, json, http, minutes, only, new StreamChildCommand() };
        root.SetAction(parsed => RunAsync(
            parsed.GetValue(names) ?? [],
            new ScenarioOptions(parsed.GetValue(quick)) { OverHttp = parsed.GetValue(http), Minutes = parsed.GetValue(minutes), Only = parsed.GetValue(only) ?? [] },
            parsed.GetValue(json)));

        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count == 0)
        {
            return await parsed.InvokeAsync();
        }

        foreach (ParseError error in parsed.Errors)
        {
            await Console.Error.WriteLineAsync(error.Message);
        }

        return WrongCommandLine;
    }

    private static async Task<int> RunAsync(IReadOnlyList<string> names, ScenarioOptions options, bool json)
    {
        if (!ScenarioList.TryFind(names, out IReadOnlyList<IScenario> scenarios, out string? unknown))
        {
            await Console.Error.WriteLineAsync($"There is no scenario '{unknown}'; there are: {ScenarioList.Names}, or all.");
            return WrongCommandLine;
        }

        bool isOfQuota = options.OverHttp || options.Minutes is not null || options.Only.Count > 0;
        if ((isOfQuota && scenarios is not [QuotaScenario]) || options.Minutes is <= 0 or > 600)
        {
            await Console.Error.WriteLineAsync("--http, --minutes (up to 600) and --only are for quota alone.");
            return WrongCommandLine;
        }

        int exitCode = 0;
        List<ScenarioReport> reports = [];
        foreach (IScenario scenario in scenarios)
        {
            try
            {
                ScenarioReport report = await scenario.RunAsync(options);
                reports.Add(report);
                if (!json)
                {
                    TablePrinter.Print(Console.Out, report);
                }

                foreach (string failure in report.Failures)
                {
                    await Console.Error.WriteLineAsync($"{scenario.Name} failed: {failure}");
                    exitCode = CheckFailed;
                }
            }
            catch (Exception failure)
            {
                // The others are run all the same; whatever went wrong, this one proves nothing.
                await Console.Error.WriteLineAsync($"{scenario.Name} failed: {failure.Message}");
                exitCode = CheckFailed;
            }
        }

        if (json)
        {
            Console.WriteLine(JsonReport.Write(MachineDescription.Read(), options, reports));
        }
        else
        {
            Console.WriteLine(MachineDescription.Read());
        }

        return exitCode;
    }
}
