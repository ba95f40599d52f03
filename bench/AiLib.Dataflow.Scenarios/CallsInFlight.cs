using AiLib.Dataflow.Rivals;
using AiLib.Dataflow.Rivals.Calls;
using AiLib.Dataflow.Scenarios.Reporting;
using AiLib.Dataflow.Scenarios.Targets;

namespace AiLib.Dataflow.Scenarios;

/// <summary>Ten thousand calls at once, none answered. What it shows: the memory that one call in flight takes.</summary>
/// <remarks>
/// <code>
/// 10,000 callers ──► 10,000 in flight ──► held ──► the heap is weighed ──► all answered
/// </code>
/// <para>Standing is what the rival takes before the first call, gross what is added by the calls, and net the same without what callers take that await the
/// bare target. What the target itself needs was there before. All of it for one call.</para>
/// </remarks>
internal sealed class CallsInFlight : IScenario
{
    private const int Calls = 10_000;

    /// <inheritdoc/>
    public string Name => nameof(CallsInFlight);

    /// <inheritdoc/>
    public async Task<ScenarioReport> RunAsync(ScenarioOptions options)
    {
        // Once small, so that the code and the statics of everyone are there before anything is weighed.
        foreach (Func<IProvider, int, ICallRival> create in Rivals)
        {
            await WeighAsync(create, calls: 100);
        }

        List<ReportRow> rows = [];
        double bare = 0;
        foreach (Func<IProvider, int, ICallRival> create in Rivals)
        {
            Weight weight = await WeighAsync(create, Calls);
            bare = rows.Count == 0 ? weight.Gross : bare;
            rows.Add(new ReportRow(
                weight.Rival,
                new Metric("standingBytes", weight.Standing, "0"),
                new Metric("grossBytes", weight.Gross, "0"),
                new Metric("netBytes", weight.Gross - bare, "0")));
        }

        return new ScenarioReport(Name, new ReportTable("rivals", $"{Calls} calls in flight, bytes for each", rows));
    }

    // The bare target first: it is what the others are compared with.
    private static Func<IProvider, int, ICallRival>[] Rivals { get; } =
    [
        static (provider, _) => new DirectCalls(provider),
        static (provider, calls) => new PipelineCalls(provider, calls, slots: calls),
        static (provider, calls) => new PollyCalls(provider, calls),
        static (provider, calls) => new SemaphoreCalls(provider, calls),
    ];

    private static async Task<Weight> WeighAsync(Func<IProvider, int, ICallRival> create, int calls)
    {
        // On a stack of its own: that of the caller may still hold what was weighed before.
        await Task.Yield();
        HeldProvider provider = new(calls);
        Task<int>[] callers = new Task<int>[calls];
        long empty = GC.GetTotalMemory(forceFullCollection: true);
        await using ICallRival rival = create(provider, calls);
        long built = GC.GetTotalMemory(forceFullCollection: true);
        for (int request = 0; request < calls; request++)
        {
            callers[request] = AwaitAsync(rival, request);
        }

        await provider.AllHeldAsync();
        long held = GC.GetTotalMemory(forceFullCollection: true);
        provider.Release();
        long sum = 0;
        foreach (Task<int> caller in callers)
        {
            sum += await caller;
        }

        Answers.Check(rival.Name, calls, sum);
        return new Weight(rival.Name, (double)(built - empty) / calls, (double)(held - built) / calls);
    }

    private static async Task<int> AwaitAsync(ICallRival rival, int request) => await rival.CallAsync(request);

    /// <summary>What was weighed, in bytes for each call.</summary>
    private readonly record struct Weight(string Rival, double Standing, double Gross);
}
