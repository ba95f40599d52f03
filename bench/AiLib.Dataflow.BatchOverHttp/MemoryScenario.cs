using System.Diagnostics;
using System.Globalization;

namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>What <c>ailib run</c> takes of memory for a short and for a long job, and how fast it reads back what earlier runs have written.</summary>
/// <param name="lines">Requests of the long job; a hundredth of them are the short one's. The results of ten times as many are read back.</param>
/// <remarks>
/// The peak is what the kernel says of the process (VmHWM). Requests are 1 KB long, results 2 KB and, of the longest job, as short as a real one gets. The results that are read back are
/// written here, in the form of the tool, so that ten million need no ten million calls; the first run finds them all, and asks for nothing.
/// </remarks>
internal sealed class MemoryScenario(int lines)
{
    private const int RequestBytes = 1024;
    private const int LongResultBytes = 2048;
    private const int ShortResultBytes = 320;

    /// <summary>Measures.</summary>
    /// <returns>The rows of a table.</returns>
    public async Task<IReadOnlyList<MemoryRow>> RunAsync()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("ailib-bench-");
        try
        {
            string input = Path.Combine(directory.FullName, "requests.jsonl");
            List<MemoryRow> rows = [];
            using (Simulator simulator = await Simulator.StartAsync().ConfigureAwait(false))
            {
                foreach (int count in new[] { lines / 100, lines })
                {
                    JobFile.WriteRequests(input, count, RequestBytes);
                    rows.Add(await MeasureAsync($"run, {Text(count)} requests of 1 KB", input, "--target", "vllm", "--base-url", simulator.Address.ToString()).ConfigureAwait(false));
                    File.Delete(input + ".results");
                }
            }

            JobFile.WriteRequests(input, 10, RequestBytes);
            foreach ((int count, int bytes) in new[] { (lines, LongResultBytes), (10 * lines, ShortResultBytes) })
            {
                JobFile.WriteResults(input + ".results", count, bytes);
                rows.Add(await MeasureAsync($"resume, {Text(count)} results of {Text(bytes)} bytes", input, "--target", "simulator").ConfigureAwait(false));
            }

            JobFile.WriteRequests(input, 10 * lines, requestBytes: 0);
            rows.Add(await MeasureAsync($"the same, and {Text(10 * lines)} requests that are all done", input, "--target", "simulator").ConfigureAwait(false));
            return rows;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task<MemoryRow> MeasureAsync(string what, string input, params string[] options)
    {
        string results = input + ".results";
        long before = File.Exists(results) ? new FileInfo(results).Length : 0;
        long began = Stopwatch.GetTimestamp();
        using Process process = ChildProcess.Start(
            "ailib.dll", [], ["run", input, "--output", results, "--errors", input + ".errors", "--max-inflight", "64", .. options]);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<long> peak = WatchAsync(process);
        await ChildProcess.EndAsync(process, output, error).ConfigureAwait(false);

        // The next one is a job of its own.
        File.Delete(results + ".job");
        File.Delete(results + ".runs");
        return new MemoryRow(what, await peak.ConfigureAwait(false) / 1e6, Stopwatch.GetElapsedTime(began).TotalSeconds, before / 1e6);
    }

    private static async Task<long> WatchAsync(Process process)
    {
        long peak = 0;
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(10));
        while (await timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            try
            {
                process.Refresh();
                peak = Math.Max(peak, process.PeakWorkingSet64);
            }
            catch (InvalidOperationException)
            {
                // It has ended.
                return peak;
            }
        }

        return peak;
    }

    private static string Text(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>One measured run.</summary>
/// <param name="What">What was run.</param>
/// <param name="PeakMegabytes">The most memory that the process had, in millions of bytes.</param>
/// <param name="Seconds">From its start to its end.</param>
/// <param name="ReadMegabytes">The results that it read back, in millions of bytes.</param>
internal sealed record MemoryRow(string What, double PeakMegabytes, double Seconds, double ReadMegabytes)
{
    /// <summary>A table.</summary>
    public static string ToTable(IReadOnlyList<MemoryRow> rows) => string.Join('\n', rows.Select(static row => string.Create(
        CultureInfo.InvariantCulture,
        $"{row.What,-60}{row.PeakMegabytes,8:0.0} MB peak{row.Seconds,8:0.0} s{(row.ReadMegabytes > 0 ? row.ReadMegabytes / row.Seconds : 0),8:0} MB/s"))
        .Append(string.Create(CultureInfo.InvariantCulture, $"long ÷ short: {rows[1].PeakMegabytes / rows[0].PeakMegabytes:0.00}")));
}
