using AiLib.Dataflow.Rivals;
using AiLib.Dataflow.Rivals.Providers;
using AiLib.Dataflow.Scenarios.Reporting;

namespace AiLib.Dataflow.Scenarios.Overhead;

/// <summary>What one request costs in each rival, and the ratios between them. Run it alone for figures to be kept.</summary>
/// <remarks>
/// <code>
/// stream: source ──► rival, 64 in flight ──► a provider that answers at once ──► sum
/// calls:  64 callers, each: await rival ──► a provider that yields once ──► sum
///
/// round 1: A B C D     round 2: B C D A     round 3: C D A B …
/// </code>
/// <para>Everyone is built once and warmed up before the first round. A ratio is taken within each round, between neighbours in time, and its median over
/// the rounds is what counts; so a machine that gets slower in the middle spoils one round and not the comparison.</para>
/// </remarks>
internal sealed class OverheadScenario : IScenario
{
    private const int InFlight = 64;

    /// <inheritdoc/>
    public string Name => "overhead";

    /// <inheritdoc/>
    public async Task<ScenarioReport> RunAsync(ScenarioOptions options)
    {
        RoundPlan plan = options.Quick
            ? new RoundPlan(Rounds: 5, TimeSpan.FromSeconds(0.3), WarmUp: TimeSpan.FromSeconds(0.4))
            : new RoundPlan(Rounds: 7, TimeSpan.FromSeconds(1), WarmUp: TimeSpan.FromSeconds(2));

        IReadOnlyList<IStreamRival> streams = StreamRivals.All(new SynchronousProvider(), InFlight);
        Comparison stream = await plan.RunAsync([.. streams.Select(static rival => Contender.Of(rival))]);
        await DisposeAsync(streams);

        IReadOnlyList<ICallRival> callables = CallRivals.All(new YieldingProvider(), InFlight);
        Comparison calls = await plan.RunAsync([.. callables.Select(static rival => Contender.Of(rival, InFlight))]);
        await DisposeAsync(callables);

        return new ScenarioReport(
            Name,
            stream.Costs("stream", $"a stream, {InFlight} in flight, a provider that answers at once; for one request"),
            stream.Ratios("streamRatios", "the same as ratios of nanoseconds, paired within rounds", RivalNames.Pipeline, RivalNames.Floor),
            calls.Costs("calls", $"{InFlight} callers, a provider that yields once; for one call"),
            calls.Ratios("callRatios", "the same as ratios of nanoseconds, paired within rounds", RivalNames.Pipeline, RivalNames.Direct))
        {
            Warnings = [.. stream.Warnings("stream", RivalNames.Pipeline), .. calls.Warnings("calls", RivalNames.Pipeline)],
        };
    }

    private static async Task DisposeAsync(IEnumerable<IAsyncDisposable> rivals)
    {
        foreach (IAsyncDisposable rival in rivals)
        {
            await rival.DisposeAsync();
        }
    }
}
