using System.Globalization;
using AiLib.Dataflow.Scenarios.Reporting;
using AiLib.Dataflow.VirtualWorld;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>A provider without limits over time, where all depends on how many are in flight; beside the pipeline's own search each fixed number.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Provider">The provider.</param>
/// <param name="LeastShare">The share of the best fixed number's answers that must be there, at least.</param>
/// <param name="MostRefused">The share of 429s among all calls, at most.</param>
/// <param name="From">From when on it is judged.</param>
internal sealed record ConcurrencySituation(string Name, ProviderSettings Provider, double LeastShare, double MostRefused, TimeSpan From)
{
    // What ailib run begins with.
    private const int Initial = 50;

    private static readonly int[] Fixed = [25, 50, 75, 100, 150, 200, 300, 400];

    // Those that can be the best, and one more than it takes.
    private static readonly int[] FixedOverHttp = [50, 100, 300];

    /// <summary>Runs it in virtual time.</summary>
    /// <param name="length">For how long.</param>
    /// <param name="sizes">With which requests.</param>
    /// <param name="failures">Gets the bar if it is missed.</param>
    public ReportTable Run(TimeSpan length, JobSizes sizes, List<string> failures)
    {
        ProviderRecord.Second ours = Run(length, sizes, FindsItself);
        return Judge(ours, [.. Fixed.Select(limit => (limit, Run(length, sizes, Fix(limit))))], failures);
    }

    /// <summary>Runs it over HTTP, in real time.</summary>
    /// <param name="length">For how long, what is not judged included.</param>
    /// <param name="sizes">With which requests.</param>
    /// <param name="failures">Gets the bar if it is missed.</param>
    public async Task<ReportTable> RunOverHttpAsync(TimeSpan length, JobSizes sizes, List<string> failures)
    {
        ProviderRecord.Second ours = await RunOverHttpAsync(length, sizes, FindsItself);
        List<(int Limit, ProviderRecord.Second Seen)> others = [];
        foreach (int limit in FixedOverHttp)
        {
            others.Add((limit, await RunOverHttpAsync(length, sizes, Fix(limit))));
        }

        return Judge(ours, others, failures);
    }

    private static void FindsItself(TargetOptions target) => target.AdaptiveLimit = new() { Initial = Initial };

    private static Action<TargetOptions> Fix(int limit) => target => target.Backpressure.MaxInflight = limit;

    private ReportTable Judge(ProviderRecord.Second ours, IReadOnlyList<(int Limit, ProviderRecord.Second Seen)> others, List<string> failures)
    {
        long best = others.Max(static other => other.Seen.Answered);
        double share = (double)ours.Answered / best;
        if (share < LeastShare || ours.RefusedShare > MostRefused)
        {
            failures.Add(FormattableString.Invariant(
                $"{Name}: {share:0.0000} of the best fixed number (at least {LeastShare}), 429s {ours.RefusedShare:0.00000} (at most {MostRefused})"));
        }

        (string Name, ProviderRecord.Second Seen)[] all =
        [
            ("AiLib.Dataflow, limit that finds itself", ours),
            .. others.Select(static other => ($"fixed, {other.Limit.ToString(CultureInfo.InvariantCulture)} in flight", other.Seen)),
        ];
        return new ReportTable(
            Name,
            FormattableString.Invariant($"{Name}; bar: {LeastShare} of the best fixed number, 429s {MostRefused}"),
            [.. all.Select(run => new ReportRow(
                run.Name,
                new Metric("answers", run.Seen.Answered, "0"),
                new Metric("use", (double)run.Seen.Answered / best, "0.0000"),
                new Metric("429s", run.Seen.RefusedShare, "0.00000")))]);
    }

    private ProviderRecord.Second Run(TimeSpan length, JobSizes sizes, Action<TargetOptions> configure)
    {
        VirtualTime time = new();
        VirtualProvider provider = new(Provider, time);
        QuotaTask task = ToTask(time, provider, length, sizes, configure);
        time.Run(async () =>
        {
            await PipelineClient.Client.RunAsync(task);
            return true;
        });
        return provider.Record.Between(From, length);
    }

    private async Task<ProviderRecord.Second> RunOverHttpAsync(TimeSpan length, JobSizes sizes, Action<TargetOptions> configure)
    {
        HttpProvider provider = await HttpProvider.StartAsync(Provider);
        await using (provider)
        {
            await PipelineClient.Client.RunAsync(ToTask(TimeProvider.System, provider, length, sizes, configure));
            return provider.Record.Between(From, length);
        }
    }

    private static QuotaTask ToTask(TimeProvider time, IQuotaProvider provider, TimeSpan length, JobSizes sizes, Action<TargetOptions> configure) =>
        new(time, [provider], index => sizes.At(index, bias: 1), length, Known: null) { Configure = configure };
}
