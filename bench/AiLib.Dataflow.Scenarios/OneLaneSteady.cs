using AiLib.Dataflow.Rivals;
using AiLib.Dataflow.Scenarios.Reporting;
using AiLib.Dataflow.Scenarios.Targets;

namespace AiLib.Dataflow.Scenarios;

/// <summary>One target that takes its time and never fails. What it shows: how busy each rival keeps its places in flight.</summary>
/// <remarks>
/// <code>
/// requests ──► 64 in flight ──► 10 to 30 ms ──► answers
/// </code>
/// <para>The best possible is the sum of all latencies over the places in flight. Timers ring late, by up to some milliseconds and for every rival alike, so the
/// share of the time in which a place was busy says more about the rival.</para>
/// </remarks>
internal sealed class OneLaneSteady : IScenario
{
    private const int InFlight = 64;

    /// <inheritdoc/>
    public string Name => nameof(OneLaneSteady);

    /// <inheritdoc/>
    public async Task<ScenarioReport> RunAsync(ScenarioOptions options)
    {
        // A multiple of the cycle of latencies, so that their mean is exact.
        int requests = options.Quick ? 6_400 : 64_000;
        TimeSpan best = LatencyProvider.Mean * requests / InFlight;
        List<ReportRow> rows = [];
        LatencyProvider provider = new();
        foreach (IStreamRival rival in StreamRivals.All(provider, InFlight))
        {
            await using (rival)
            {
                await rival.RunCheckedAsync(10 * InFlight);
                provider.Reset();
                long began = TimeProvider.System.GetTimestamp();
                await rival.RunCheckedAsync(requests);
                TimeSpan took = TimeProvider.System.GetElapsedTime(began);
                if (provider.MostInFlight > InFlight)
                {
                    throw new ScenarioFailedException($"{rival.Name} had {provider.MostInFlight} requests in flight where {InFlight} are allowed.");
                }

                rows.Add(new ReportRow(
                    rival.Name,
                    new Metric("seconds", took.TotalSeconds, "0.000"),
                    new Metric("answersPerSecond", requests / took.TotalSeconds, "0"),
                    new Metric("timesBest", took / best),
                    new Metric("busyShare", provider.Busy / (took * InFlight), "0.000")));
            }
        }

        return new ScenarioReport(Name, new ReportTable("rivals", $"{requests} requests, {InFlight} in flight, best possible {best.TotalSeconds:0.000} s", rows));
    }
}
