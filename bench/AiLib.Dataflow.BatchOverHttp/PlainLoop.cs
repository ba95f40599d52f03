using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>The rival, in a process of its own: the same bodies to the same path, as many at once, each answer read to its end and forgotten.</summary>
internal static class PlainLoop
{
    /// <summary>The first argument that makes this program the rival.</summary>
    public const string Command = "plain";

    /// <summary>Runs it, and prints a <see cref="PlainReport"/>.</summary>
    public static async Task RunAsync(Uri root, string input)
    {
        // Before the clock that counts: it has no lines to read and to check.
        IReadOnlyList<ReadOnlyMemory<byte>> bodies = InputFile.BodiesOf(await File.ReadAllBytesAsync(input).ConfigureAwait(false));
        Uri address = new(root + "/chat/completions");
        MediaTypeHeaderValue json = new("application/json");
        using HttpClient client = new(new SocketsHttpHandler());
        Usage quarter = default;
        int next = -1;
        int answered = 0;
        await Task.WhenAll(Enumerable.Range(0, Scenario.InFlight).Select(_ => Task.Run(LoopAsync))).ConfigureAwait(false);

        Usage end = Usage.Now();
        int counted = bodies.Count - (bodies.Count / 4);
        Console.WriteLine(JsonSerializer.Serialize(new PlainReport(
            counted / Stopwatch.GetElapsedTime(quarter.Timestamp, end.Timestamp).TotalSeconds,
            (end.Processor - quarter.Processor).TotalMicroseconds / counted,
            end.Processor.TotalMicroseconds / bodies.Count)));

        async Task LoopAsync()
        {
            for (int index = Interlocked.Increment(ref next); index < bodies.Count; index = Interlocked.Increment(ref next))
            {
                using HttpRequestMessage request = new(HttpMethod.Post, address) { Content = new ReadOnlyMemoryContent(bodies[index]) };
                request.Content.Headers.ContentType = json;
                using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
                response.EnsureSuccessStatusCode();
                await response.Content.CopyToAsync(Stream.Null).ConfigureAwait(false);
                if (Interlocked.Increment(ref answered) == bodies.Count / 4)
                {
                    quarter = Usage.Now();
                }
            }
        }
    }

    private readonly record struct Usage(long Timestamp, TimeSpan Processor)
    {
        public static Usage Now()
        {
            using Process self = Process.GetCurrentProcess();
            return new Usage(Stopwatch.GetTimestamp(), self.TotalProcessorTime);
        }
    }
}

/// <summary>What the rival knows of itself.</summary>
/// <param name="SteadyPerSecond">Requests per second without the first quarter.</param>
/// <param name="SteadyCpuMicroseconds">Processor time for each request without the first quarter.</param>
/// <param name="CpuMicroseconds">Processor time for each request.</param>
internal sealed record PlainReport(double SteadyPerSecond, double SteadyCpuMicroseconds, double CpuMicroseconds);
