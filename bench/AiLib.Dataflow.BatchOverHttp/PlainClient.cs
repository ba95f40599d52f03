using System.Diagnostics;
using System.Text.Json;

namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>Runs <see cref="PlainLoop"/> as a process.</summary>
internal sealed class PlainClient(Simulator simulator, int lines, (string Name, string Value)[] environment)
{
    /// <summary>Runs it once.</summary>
    public async Task<Run> RunAsync(string input)
    {
        TimeSpan server = simulator.Processor;
        long began = Stopwatch.GetTimestamp();
        using Process process = ChildProcess.Start("AiLib.Dataflow.BatchOverHttp.dll", environment, PlainLoop.Command, simulator.Address.ToString(), input);
        string output = await ChildProcess.EndAsync(process, process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).ConfigureAwait(false);
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        PlainReport report = JsonSerializer.Deserialize<PlainReport>(output)!;
        return new Run(
            lines / took.TotalSeconds,
            report.SteadyPerSecond,
            report.CpuMicroseconds,
            report.SteadyCpuMicroseconds,
            (simulator.Processor - server).TotalMicroseconds / lines);
    }
}
