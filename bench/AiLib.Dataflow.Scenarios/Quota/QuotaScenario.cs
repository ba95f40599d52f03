using AiLib.Dataflow.Scenarios.Reporting;
using AiLib.Dataflow.Simulator;
using AiLib.Dataflow.VirtualWorld;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>How much of a provider's quota becomes answers, and how many 429s it takes: in virtual time, or over HTTP in real time.</summary>
internal sealed class QuotaScenario : IScenario
{
    // Tokens bind at one request per 1,370 tokens or so; where requests shall bind there is no limit on tokens.
    private const long Tokens = 2_000_000;
    private const long Requests = 3_000;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public string Name => "quota";

    /// <inheritdoc/>
    public Task<ScenarioReport> RunAsync(ScenarioOptions options) => options.OverHttp ? RunOverHttpAsync(options) : Task.FromResult(Run(options));

    private ScenarioReport Run(ScenarioOptions options)
    {
        // Before anything of the engine runs: it reads this once.
        AppContext.SetSwitch("AiLib.Dataflow.KeepContext", true);
        TimeSpan length = options.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : options.Quick ? TimeSpan.FromMinutes(15) : TimeSpan.FromMinutes(61);
        JobSizes sizes = JobSizes.Load();
        List<ReportTable> tables = [];
        List<string> failures = [];
        foreach (Situation situation in Situations().Where(situation => options.Wants(situation.Name)))
        {
            tables.Add(Show(situation, [.. Clients.Select(client => situation.Run(client(situation.Provider), length, sizes))], failures));
        }

        foreach (ConcurrencySituation situation in ConcurrencySituations().Where(situation => options.Wants(situation.Name)))
        {
            tables.Add(situation.Run(length, sizes, failures));
        }

        if (options.Wants(OutageSituation.Alone))
        {
            tables.Add(OutageSituation.RunAlone(sizes, failures));
        }

        if (options.Wants(OutageSituation.FirstOfTwo))
        {
            tables.Add(OutageSituation.RunFirstOfTwo(sizes, failures));
        }

        return Report(tables, failures);
    }

    private async Task<ScenarioReport> RunOverHttpAsync(ScenarioOptions options)
    {
        TimeSpan judged = TimeSpan.FromMinutes(options.Minutes ?? 1);
        JobSizes sizes = JobSizes.Load();
        List<ReportTable> tables = [];
        List<string> failures = [];

        // The first minute is left out everywhere: what a start costs in 429s is a matter of an hour, and three of a minute's calls would be more than a thousandth.
        foreach (Situation situation in Situations().Where(situation => options.Wants(situation.Name)).Select(static situation =>
            situation with { From = situation.From > Minute ? situation.From : Minute }))
        {
            if (tables.Count == 0)
            {
                await WarmUpAsync(situation, sizes);
            }

            List<Measured> measured = [];
            foreach (Func<ProviderSettings, QuotaClient> client in Clients)
            {
                measured.Add(await situation.RunOverHttpAsync(client(situation.Provider), situation.From + judged, sizes));
                await Console.Error.WriteLineAsync(FormattableString.Invariant($"{situation.Name}: {measured[^1]}"));
            }

            tables.Add(Show(situation, measured, failures));
        }

        // How the simulator's latency depends on load, and when it is dead, are not among its settings.
        ConcurrencySituation rejecting = ConcurrencySituations()[0] with { From = Minute };
        if (options.Wants(rejecting.Name))
        {
            // Requests that are alike all along: a trace is longer in one minute and shorter in another, and each number in flight would be judged by other requests.
            tables.Add(await rejecting.RunOverHttpAsync(rejecting.From + judged, JobSizes.Chat(), failures));
        }

        return Report(tables, failures);
    }

    // A few seconds of everyone, so that nobody's first minute is one of compilation.
    private static async Task WarmUpAsync(Situation situation, JobSizes sizes)
    {
        foreach (Func<ProviderSettings, QuotaClient> client in Clients)
        {
            await situation.RunOverHttpAsync(client(situation.Provider), TimeSpan.FromSeconds(3), sizes);
        }
    }

    private static ReportTable Show(Situation situation, List<Measured> measured, List<string> failures)
    {
        Measured ours = measured[0];
        if (ours.Use < situation.LeastUse || ours.RefusedShare > situation.MostRefused)
        {
            failures.Add(FormattableString.Invariant(
                $"{situation.Name}: use {ours.Use:0.0000} (at least {situation.LeastUse}), 429s {ours.RefusedShare:0.00000} (at most {situation.MostRefused})"));
        }

        return new ReportTable(
            situation.Name,
            FormattableString.Invariant($"{situation.Name}; bar: use {situation.LeastUse}, 429s {situation.MostRefused}"),
            [.. measured.Select(static row => new ReportRow(
                row.Client, new Metric("answers", row.Answers, "0"), new Metric("use", row.Use, "0.0000"), new Metric("429s", row.RefusedShare, "0.00000")))]);
    }

    private ScenarioReport Report(List<ReportTable> tables, List<string> failures) => tables.Count > 0
        ? new ScenarioReport(Name, tables) { Failures = failures }
        : throw new ScenarioFailedException("--only names none of its situations.");

    private static readonly Func<ProviderSettings, QuotaClient>[] Clients = [static _ => PipelineClient.Client, CookbookClient.Client, static _ => PollyClient.Client];

    private static ConcurrencySituation[] ConcurrencySituations() =>
    [
        new("rejects above 100 in flight, nothing told", new ProviderSettings { MaxConcurrent = 100 }, 0.95, 0.01, TimeSpan.Zero),
        new("batches of 100, slower with load", new ProviderSettings { BatchSize = 100 }, 0.95, 0.01, Minute),
    ];

    private static IEnumerable<Situation> Situations()
    {
        foreach ((string name, ProviderSettings provider, double leastUse, double mostRefused) in new[]
        {
            ("token bucket", new ProviderSettings { Kind = LimitKind.TokenBucket, TokensPerMinute = Tokens, RequestsPerMinute = Requests }, 0.99, 0.001),
            ("sliding window", new ProviderSettings { Kind = LimitKind.SlidingWindow, TokensPerMinute = Tokens, RequestsPerMinute = Requests }, 0.99, 0.001),
            ("fixed window", new ProviderSettings { Kind = LimitKind.FixedWindow, TokensPerMinute = Tokens, RequestsPerMinute = Requests }, 0.97, 0.005),
            ("one-second slices", new ProviderSettings { Kind = LimitKind.PerSecond, RequestsPerMinute = Requests }, 0.97, 0.005),
        })
        {
            yield return new Situation($"{name}, limits known", provider, IsKnown: true, leastUse, mostRefused);
            yield return new Situation($"{name}, limits unknown, headers", provider with { SendsHeaders = true }, IsKnown: false, 0.95, 0.01) { From = Minute };
        }

        // What somebody has who gives ailib run a limit and nothing else: the first minute's tokens go at once, and those that flow in meanwhile are refused for as long as the window lasts.
        foreach (LimitKind kind in new[] { LimitKind.FixedWindow, LimitKind.SlidingWindow })
        {
            ProviderSettings provider = new() { Kind = kind, TokensPerMinute = Tokens, RequestsPerMinute = Requests };
            string name = kind == LimitKind.FixedWindow ? "fixed window" : "sliding window";
            yield return new Situation($"{name}, known, a minute at once", provider, IsKnown: true, 0.97, 0.005) { WholeMinuteAtOnce = true };
        }

        foreach (double bias in new[] { 3.0, 1 / 3.0 })
        {
            ProviderSettings provider = new() { Kind = LimitKind.TokenBucket, TokensPerMinute = Tokens, RequestsPerMinute = Requests };
            yield return new Situation($"token bucket, known, costs estimated {bias:0.##} times", provider, IsKnown: true, 0.95, 0.01) { From = 2 * Minute, Bias = bias };
        }
    }
}
