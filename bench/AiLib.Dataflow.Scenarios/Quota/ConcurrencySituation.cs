using System.Globalization;
using AiLib.Dataflow.Scenarios.Reporting;

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

    /// <summary>Runs it.</summary>
    /// <param name="length">For how long.</param>
    /// <param name="sizes">With which requests.</param>
    /// <param name="failures">Gets the bar if it is missed.</param>
    public ReportTable Run(TimeSpan length, JobSizes sizes, List<string> failures)
    {
        (string Name, ProviderRecord.Second Seen)[] all =
        [
            ("AiLib.Dataflow, limit that finds itself", Run(length, sizes, static target => target.AdaptiveLimit = new() { Initial = Initial })),
            .. Fixed.Select(limit => ($"fixed, {limit.ToString(CultureInfo.InvariantCulture)} in flight", Run(length, sizes, target => target.Backpressure.MaxInflight = limit))),
        ];
        long best = all.Skip(1).Max(static run => run.Seen.Answered);
        ProviderRecord.Second ours = all[0].Seen;
        double share = (double)ours.Answered / best;
        if (share < LeastShare || ours.RefusedShare > MostRefused)
        {
            failures.Add(FormattableString.Invariant(
                $"{Name}: {share:0.0000} of the best fixed number (at least {LeastShare}), 429s {ours.RefusedShare:0.00000} (at most {MostRefused})"));
        }

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
        QuotaTask task = new(time, [provider], index => sizes.At(index, bias: 1), length, Known: null) { Configure = configure };
        time.Run(async () =>
        {
            await PipelineClient.Client.RunAsync(task);
            return true;
        });
        return provider.Record.Between(From, length);
    }
}
