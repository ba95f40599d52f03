using System.Globalization;
using AiLib.Dataflow.Rivals;
using AiLib.Dataflow.Scenarios.Reporting;

namespace AiLib.Dataflow.Scenarios;

/// <summary>Ten million streamed requests. What it shows: memory does not depend on the length of the job.</summary>
/// <remarks>
/// <code>
/// process A:     10,000 requests ──► 64 in flight ──► answered at once      peak working set A
/// process B: 10,000,000 requests ──► 64 in flight ──► answered at once      peak working set B,  B ÷ A
/// </code>
/// <para>Each in a process of its own, because a peak is one of a process. The collector is given a small nursery: with its usual one, as large as the
/// processor's cache, the peak would tell the size of that cache for everyone who allocates at all. The compiler counts nothing, as with <c>ailib</c>: the memory that it takes for
/// that in the second second is no request's.</para>
/// </remarks>
internal sealed class TenMillion : IScenario
{
    private const int Small = 10_000;
    private const double MostRatio = 1.1;
    private const double Mebibyte = 1 << 20;

    /// <inheritdoc/>
    public string Name => nameof(TenMillion);

    /// <inheritdoc/>
    public async Task<ScenarioReport> RunAsync(ScenarioOptions options)
    {
        int large = options.Quick ? 2_000_000 : 10_000_000;
        List<ReportRow> rows = [];
        List<string> failures = [];
        foreach (string rival in RivalNames.OfStreams)
        {
            StreamChildResult small = await StreamChild.StartAsync(rival, Small);
            StreamChildResult job = await StreamChild.StartAsync(rival, large);
            double ratio = (double)job.PeakBytes / small.PeakBytes;
            if (rival == RivalNames.Pipeline && ratio > MostRatio)
            {
                failures.Add(string.Create(
                    CultureInfo.InvariantCulture, $"the peak working set of the large job is {ratio:0.00} times that of the small one, where {MostRatio} is allowed."));
            }

            rows.Add(new ReportRow(
                rival,
                new Metric("peakMiBOfSmallJob", small.PeakBytes / Mebibyte, "0.0"),
                new Metric("peakMiB", job.PeakBytes / Mebibyte, "0.0"),
                new Metric("ratio", ratio),
                new Metric("nsPerRequest", job.Seconds * 1e9 / large, "0")));
        }

        return new ScenarioReport(Name, new ReportTable("rivals", $"{large} requests against {Small}, peak working set", rows)) { Failures = failures };
    }
}
