using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>Runs <c>ailib run</c> as a process, watches it from outside, and checks what it wrote.</summary>
internal sealed class ToolClient(Simulator simulator, int lines)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Runs it once.</summary>
    public async Task<Run> RunAsync(string input)
    {
        string results = input + ".results";
        string errors = input + ".errors";
        TimeSpan server = simulator.Processor;
        long began = Stopwatch.GetTimestamp();
        using Process process = ChildProcess.Start(
            "ailib.dll", [], "run", input, "--target", "vllm", "--base-url", simulator.Address.ToString(), "--output", results, "--errors", errors,
            "--max-inflight", Scenario.InFlight.ToString(CultureInfo.InvariantCulture));
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<List<Look>> watching = WatchAsync(process, results);
        await ChildProcess.EndAsync(process, output, error).ConfigureAwait(false);
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        List<Look> looks = await watching.ConfigureAwait(false);
        TimeSpan serverTook = simulator.Processor - server;

        long size = new FileInfo(results).Length;
        ResultCheck.EachOnce(results, errors, lines);
        File.Delete(results);

        // Every line is about as long as any other, so bytes stand for requests.
        Look quarter = looks.First(look => look.Bytes >= size / 4);
        Look last = looks.Last(look => look.Bytes < size);
        double steady = (double)lines * (last.Bytes - quarter.Bytes) / size;
        return new Run(
            lines / took.TotalSeconds,
            steady / Stopwatch.GetElapsedTime(quarter.Timestamp, last.Timestamp).TotalSeconds,
            looks[^1].Processor.TotalMicroseconds / lines,
            (last.Processor - quarter.Processor).TotalMicroseconds / steady,
            serverTook.TotalMicroseconds / lines);
    }

    private static async Task<List<Look>> WatchAsync(Process process, string results)
    {
        List<Look> looks = [];
        using PeriodicTimer timer = new(LookInterval);
        while (await timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            try
            {
                process.Refresh();
                FileInfo file = new(results);
                looks.Add(new Look(Stopwatch.GetTimestamp(), process.TotalProcessorTime, file.Exists ? file.Length : 0));
            }
            catch (Exception ended) when (ended is InvalidOperationException or Win32Exception)
            {
                // It has ended.
                return looks;
            }
        }

        return looks;
    }

    private readonly record struct Look(long Timestamp, TimeSpan Processor, long Bytes);
}
