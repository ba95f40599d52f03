using AiLib.Dataflow.Scenarios.Reporting;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>How much of a provider's quota becomes answers, and how many 429s it takes, in virtual time.</summary>
internal sealed class QuotaScenario : IScenario
{
    // Tokens bind at one request per 1,370 tokens or so; where requests shall bind there is no limit on tokens.
    private const long Tokens = 2_000_000;
    private const long Requests = 3_000;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public string Name => "quota";

    /// <inheritdoc/>
    public Task<ScenarioReport> RunAsync(ScenarioOptions options)
    {
        // Before anything of the engine runs: it reads this once.
        AppContext.SetSwitch("AiLib.Dataflow.KeepContext", true);
        TimeSpan length = options.Quick ? TimeSpan.FromMinutes(15) : TimeSpan.FromMinutes(61);
        JobSizes sizes = JobSizes.Load();
        List<ReportTable> tables = [];
        List<string> failures = [];
        foreach (Situation situation in Situations())
        {
            List<ReportRow> rows = [];
            foreach (Func<ProviderSettings, QuotaClient> client in Clients)
            {
                Measured measured = situation.Run(client, length, sizes);
                rows.Add(new ReportRow(
                    measured.Client,
                    new Metric("answers", measured.Answers, "0"),
                    new Metric("use", measured.Use, "0.0000"),
                    new Metric("429s", measured.RefusedShare, "0.00000")));
                if (rows.Count == 1 && (measured.Use < situation.LeastUse || measured.RefusedShare > situation.MostRefused))
                {
                    failures.Add(FormattableString.Invariant(
                        $"{situation.Name}: use {measured.Use:0.0000} (at least {situation.LeastUse}), 429s {measured.RefusedShare:0.00000} (at most {situation.MostRefused})"));
                }
            }

            tables.Add(new ReportTable(situation.Name, FormattableString.Invariant($"{situation.Name}; bar: use {situation.LeastUse}, 429s {situation.MostRefused}"), rows));
        }

        foreach (ConcurrencySituation situation in ConcurrencySituations())
        {
            tables.Add(situation.Run(length, sizes, failures));
        }

        tables.Add(OutageSituation.RunAlone(sizes, failures));
        tables.Add(OutageSituation.RunFirstOfTwo(sizes, failures));
        return Task.FromResult(new ScenarioReport(Name, tables) { Failures = failures });
    }

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

        foreach (double bias in new[] { 3.0, 1 / 3.0 })
        {
            ProviderSettings provider = new() { Kind = LimitKind.TokenBucket, TokensPerMinute = Tokens, RequestsPerMinute = Requests };
            yield return new Situation($"token bucket, limits known, costs estimated {bias:0.##} times", provider, IsKnown: true, 0.95, 0.01) { From = 2 * Minute, Bias = bias };
        }
    }
}
