using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Cli.Recording;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.EndToEnd.Tests.Recording;

/// <summary>Runs and moments of runs that look like real ones.</summary>
internal static class Samples
{
    public static RunRecord Run(int points) => new()
    {
        Began = new DateTimeOffset(2026, 11, 25, 20, 15, 0, TimeSpan.Zero),
        Seconds = points,
        End = "completed",
        Input = "in.jsonl",
        Results = "in.results.jsonl",
        Errors = "in.errors.jsonl",
        Answered = 40L * points,
        Failed = points,
        Attempts = 45L * points,
        Retries = 4L * points,
        InputTokens = 4_000L * points,
        OutputTokens = 9_000L * points,
        Elapsed = new LatencyRecord(40L * points, 400, 900, 1_900, 2_500, 3_000),
        Stages = new StageSeconds(20 * points, 50 * points, 12 * points, 0.5 * points),
        Constraints = Bound(points, 0.7, 0.2, 0.1),
        Spend = new SpendRecord(0.0125m * points, 0, 0.001m * points, 0, 2.5m),
        Settings = [new SettingRecord("--target", "openai/gpt-4o-mini at https://api.openai.com/v1, model gpt-4o-mini"), new SettingRecord("--rpm", "500")],
        Targets =
        [
            new TargetRecord
            {
                Target = "openai/gpt-4o-mini",
                Circuit = "closed",
                Attempts = 45L * points,
                Retries = 4L * points,
                Outcomes = new Dictionary<string, long>(StringComparer.Ordinal) { ["answered"] = 40L * points, ["throttled"] = 4L * points, ["rejected"] = points },
                Latency = new LatencyRecord(45L * points, 300, 800, 1_700, 2_300, 2_900),
                Constraints = Bound(points, 0.7, 0.2, 0.1),
            },
        ],
        Points = [.. Enumerable.Range(1, points).Select(Point)],
    };

    /// <summary>So many seconds, in shares of request credits, answers and input.</summary>
    public static ConstraintTimes Bound(double seconds, double requestCredits, double answers = 0, double input = 0) => new(constraint => constraint switch
    {
        Constraint.RequestCredits => TimeSpan.FromSeconds(Math.Round(seconds * requestCredits, 3)),
        Constraint.ProviderLatency => TimeSpan.FromSeconds(Math.Round(seconds * answers, 3)),
        Constraint.Input => TimeSpan.FromSeconds(Math.Round(seconds * input, 3)),
        _ => TimeSpan.Zero,
    });

    /// <summary>A time in which one thing bound.</summary>
    public static ConstraintTimes Bound(Constraint constraint, double seconds = 10) => new(other => other == constraint ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero);

    /// <summary>A moment of a run with one target.</summary>
    public static SignalsSnapshot Moment(
        long attempts = 0, int inFlight = 0, int limit = 0, long waiting = 0, long delayed = 0, CircuitState circuit = CircuitState.Closed, ConstraintTimes constraints = default)
    {
        StageDepths depths = new(0, 0, waiting, inFlight, delayed, 0);
        return new SignalsSnapshot
        {
            Time = default,
            CircuitState = circuit,
            CurrentInflight = inFlight,
            RateRemaining = null,
            Admitted = attempts,
            Answered = attempts,
            Failed = 0,
            Cancelled = 0,
            Refused = 0,
            HookErrors = 0,
            Depths = depths,
            Attempts = attempts,
            Retries = 0,
            Redirects = 0,
            Elapsed = default,
            HealthScore = 1,
            Targets =
            [
                new TargetSignals
                {
                    Target = "openai/gpt-4o-mini",
                    CircuitState = circuit,
                    CooledFor = TimeSpan.Zero,
                    CurrentInflight = inFlight,
                    MaxInflight = limit,
                    RateRemaining = null,
                    TokensRemaining = null,
                    Depths = depths,
                    Attempts = attempts,
                    Retries = 0,
                    RedirectedAway = 0,
                    Abandoned = 0,
                    RetriesOverBudget = 0,
                    Outcomes = default,
                    Constraints = constraints,
                    Latency = default,
                    HealthScore = 1,
                },
            ],
        };
    }

    private static RunPoint Point(int second) => new()
    {
        End = second,
        Seconds = 1,
        Answered = 40 + (second * 7 % 23),
        Failed = second % 11 == 0 ? 2 : 0,
        Attempts = 45 + (second * 5 % 17),
        Retries = second * 3 % 9,
        Redirects = 0,
        Throttled = second * 3 % 8,
        InputTokens = 4_000 + (second * 131 % 900),
        OutputTokens = 9_000 + (second * 77 % 1_700),
        Stages = new StageSeconds(20 + (second % 5), 50, 12 - (second % 3), 0.5),
        Limit = 64,
        CostUsd = 0.0125,
        Constraints = Bound(1, 0.7, 0.2 + (second % 4 * 0.02), 0.1),
        P50 = 300 + (second * 11 % 90),
        P90 = 800 + (second * 13 % 150),
        P99 = second % 19 == 0 ? null : 1_700 + (second * 17 % 600),
    };
}
