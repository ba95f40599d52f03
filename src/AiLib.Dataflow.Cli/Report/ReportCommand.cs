using System.CommandLine;
using AiLib.Dataflow.Cli.Help;
using AiLib.Dataflow.Cli.Shutdown;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.Cli.Report;

/// <summary><c>ailib report</c>: one page about a job, from the files beside its results.</summary>
internal sealed class ReportCommand : Command, IHasExamples
{
    private readonly Argument<string> _job = new("RESULTS_OR_INPUT") { Description = "The results of 'ailib run', or the requests they are of." };
    private readonly Option<string?> _output = CommandOption.Text(
        "--output", "FILE", "The page. Default: NAME.report.html beside the results; - is standard output.", "-o");
    private readonly Option<string?> _errors = CommandOption.Text("--errors", "FILE", "The failed lines, where they are not in the usual place.");
    private readonly TerminalWriter _terminal;

    public ReportCommand(TerminalWriter terminal)
        : base("report", "Make one HTML page about a job: throughput, latency, errors, tokens, cost. It needs no network and no script.")
    {
        _terminal = terminal;
        Add(_job);
        Add(_output);
        Add(_errors);
        SetAction((parsed, _) => RunAsync(parsed.GetRequiredValue(_job), parsed.GetValue(_output), parsed.GetValue(_errors)));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Examples { get; } =
    [
        "ailib report requests.jsonl",
        "ailib report requests.results.jsonl --output page.html",
    ];

    private async Task<int> RunAsync(string job, string? output, string? errors)
    {
        using StopSignals signals = new(static _ => { });
        JobPlaces places = JobPlaces.Find(job, errors);
        string path = output ?? DefaultOf(places.Results);
        if (path != "-")
        {
            ReportFile.Check(path);
        }

        try
        {
            JobPicture picture = await JobReader.ReadAsync(places, TimeProvider.System.GetUtcNow(), signals.Stop).ConfigureAwait(Continuations.KeepContext);
            string page = ReportPage.Of(picture);
            if (path == "-")
            {
                _terminal.WriteData(page.TrimEnd('\n'));
                return ExitCode.Succeeded;
            }

            ReportFile.Write(path, page);
            _terminal.Say($"Report:  {path}");
            return ExitCode.Succeeded;
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }

    private static string DefaultOf(string results)
    {
        const string Usual = ".results.jsonl";
        return results.EndsWith(Usual, StringComparison.Ordinal) ? results[..^Usual.Length] + ".report.html" : Path.ChangeExtension(results, ".report.html");
    }
}
