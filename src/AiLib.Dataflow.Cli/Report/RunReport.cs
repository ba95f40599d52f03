using AiLib.Dataflow.Batch.Export;
using AiLib.Dataflow.Cli.Recording;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>The page that <c>ailib run --report</c> makes when the run has ended.</summary>
internal static class RunReport
{
    /// <summary>Makes it. A page that cannot be written is said; the job's answers are there all the same.</summary>
    /// <param name="path">Where it goes; null for none.</param>
    /// <param name="journal">What the run did; null when it did not begin. Its files are closed.</param>
    /// <param name="terminal">Told of it.</param>
    public static async Task WriteAsync(string? path, RunJournal? journal, TerminalWriter terminal)
    {
        if (path is null || journal is not { Runs.Count: > 0 })
        {
            return;
        }

        try
        {
            List<string> notes = [];
            RunRecord last = journal.Runs[^1];
            BatchTotals? totals = File.Exists(last.Results)
                ? await JobReader.TotalsAsync(last.Results, last.Errors, notes, CancellationToken.None).ConfigureAwait(Continuations.KeepContext)
                : null;
            ReportFile.Write(path, ReportPage.Of(new JobPicture(Path.GetFileName(last.Input), TimeProvider.System.GetUtcNow(), totals, journal.Runs, notes)));
            terminal.Say($"Report:  {path}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ConfigurationException)
        {
            terminal.Say($"The report could not be written: {failure.Message}");
        }
    }
}
