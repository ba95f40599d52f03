using AiLib.Dataflow.Batch.Export;
using AiLib.Dataflow.Cli.Shutdown;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>A job whose results are wanted as a Parquet file: it writes JSON lines, which can be continued, and they become the file when it has ended.</summary>
/// <param name="path">The Parquet file.</param>
/// <param name="settings">The job that writes JSON lines beside it.</param>
internal sealed class ParquetOutput(string path, RunSettings settings)
{
    /// <summary>The job that writes JSON lines.</summary>
    public RunSettings Settings => settings;

    /// <summary>What the command line says; null when no Parquet file is asked for.</summary>
    /// <exception cref="ConfigurationException">The file cannot go there.</exception>
    public static async Task<ParquetOutput?> OfAsync(RunSettings settings)
    {
        if (settings.Output is not { } path || !path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        await BatchParquet.CheckAsync(path).ConfigureAwait(Continuations.KeepContext);
        return new ParquetOutput(path, settings with
        {
            Output = Path.ChangeExtension(path, ".jsonl"),
            Errors = settings.Errors ?? Path.ChangeExtension(path, ".errors.jsonl"),
        });
    }

    /// <summary>Makes the file when the job has come to its end.</summary>
    /// <param name="exitCode">How it ended.</param>
    /// <param name="terminal">Is told of the file.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> WriteAsync(int exitCode, TerminalWriter terminal)
    {
        if (exitCode is not (ExitCode.Succeeded or ExitCode.FinishedWithFailures) || settings.DryRun)
        {
            return exitCode;
        }

        using StopSignals signals = new(terminal.Say);
        try
        {
            long? rows = await BatchParquet.WriteAsync(settings.Output!, settings.Errors!, path, signals.Stop).ConfigureAwait(Continuations.KeepContext);
            terminal.Say(rows is null ? $"Parquet: {path} (made by an earlier run)" : FormattableString.Invariant($"Parquet: {path} ({rows:N0} rows)"));
            return exitCode;
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }
}
