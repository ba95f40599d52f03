using AiLib.Dataflow.Scenarios.Reporting;
using AiLib.Dataflow.VirtualWorld;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>Providers that die for a while: alone, where the calls meanwhile and the way back count; and first of two, where the second must not be held up.</summary>
internal static class OutageSituation
{
    /// <summary>What the first is called.</summary>
    public const string Alone = "dead for 60 s";

    /// <summary>What the second is called.</summary>
    public const string FirstOfTwo = "first of two dead";

    private const long TokensPerMinute = 2_000_000;
    private const double MostCallsForFirstAttempts = 1.1;
    private const double LeastThroughputAfter = 0.95;
    private const double MostTimesAlone = 1.2;

    private static readonly TimeSpan DiesAt = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan WayBack = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongOutage = TimeSpan.FromMinutes(10);

    /// <summary>A provider that is dead for a minute at full load.</summary>
    public static ReportTable RunAlone(JobSizes sizes, List<string> failures)
    {
        VirtualTime time = new();
        VirtualProvider provider = new(new ProviderSettings { Dead = (DiesAt, DiesAt + Outage) }, time);
        Run(time, [provider], DiesAt + Outage + TimeSpan.FromMinutes(2), sizes);

        ProviderRecord.Second during = provider.Record.Between(DiesAt, DiesAt + Outage);
        double before = provider.Record.Between(DiesAt - TimeSpan.FromMinutes(1), DiesAt).Answered / 60.0;

        // From ten seconds after it is back on.
        double after = provider.Record.Between(DiesAt + Outage + WayBack, DiesAt + Outage + WayBack + TimeSpan.FromSeconds(30)).Answered / 30.0;
        double calls = during.Calls / Math.Max(1.0, before * Outage.TotalSeconds);
        if (calls > MostCallsForFirstAttempts || after < LeastThroughputAfter * before)
        {
            failures.Add(FormattableString.Invariant($"dead for 60 s: {calls:0.000} calls for each first attempt that full load makes (at most {MostCallsForFirstAttempts}), {after / before:0.000} of the throughput after 10 s (at least {LeastThroughputAfter})"));
        }

        return new ReportTable(Alone, "dead for 60 s at full load, 500 in flight; bar: calls meanwhile ÷ full load 1.1, throughput 10 s after 0.95",
        [
            new ReportRow(
                PipelineClient.Client.Name,
                new Metric("calls ÷ full load", calls, "0.0000"),
                new Metric("throughput after", after / before, "0.0000"),
                new Metric("calls meanwhile", during.Calls, "0")),
        ]);
    }

    /// <summary>Two providers, the first dead for ten minutes.</summary>
    public static ReportTable RunFirstOfTwo(JobSizes sizes, List<string> failures)
    {
        ProviderSettings healthy = new() { TokensPerMinute = TokensPerMinute };
        VirtualTime alone = new();
        VirtualProvider only = new(healthy, alone);
        Run(alone, [only], LongOutage, sizes, TokensPerMinute);
        VirtualTime both = new();
        VirtualProvider first = new(new ProviderSettings { Dead = (TimeSpan.Zero, LongOutage) }, both);
        VirtualProvider second = new(healthy, both);
        Run(both, [first, second], LongOutage, sizes, TokensPerMinute);

        // The same time for both, so what one would have taken longer is what it has answered less.
        long answersAlone = only.Record.Between(TimeSpan.Zero, LongOutage).Answered;
        long answers = second.Record.Between(TimeSpan.Zero, LongOutage).Answered;
        double times = answersAlone / Math.Max(1.0, answers);
        if (times > MostTimesAlone)
        {
            failures.Add(FormattableString.Invariant($"first of two dead: the second takes {times:0.000} times its time alone (at most {MostTimesAlone})"));
        }

        return new ReportTable(FirstOfTwo, "the first of two is dead for 10 minutes; bar: the second's time ÷ its time alone 1.2",
        [
            new ReportRow(
                PipelineClient.Client.Name,
                new Metric("times alone", times, "0.0000"),
                new Metric("answers", answers, "0"),
                new Metric("calls at the dead one", first.Record.Between(TimeSpan.Zero, LongOutage).Calls, "0")),
        ]);
    }

    private static void Run(VirtualTime time, IReadOnlyList<VirtualProvider> providers, TimeSpan length, JobSizes sizes, long? tokensPerMinute = null)
    {
        QuotaTask task = new(time, providers, index => sizes.At(index, bias: 1), length, Known: null)
        {
            Configure = target => target.RateLimiter.TokensPerMinute = tokensPerMinute,
        };
        time.Run(async () =>
        {
            await PipelineClient.Client.RunAsync(task);
            return true;
        });
    }
}
