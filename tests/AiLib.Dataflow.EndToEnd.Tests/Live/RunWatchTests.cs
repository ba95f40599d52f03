using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Cli.Binding;
using AiLib.Dataflow.Cli.Live;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.EndToEnd.Tests.Recording;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.EndToEnd.Tests.Live;

public sealed class RunWatchTests
{
    private static readonly RunSettings Settings = new() { Input = "in.jsonl" };

    [Fact]
    public void Time_left_is_what_the_quota_lets_through_and_not_what_had_been_saved_up()
    {
        RunWatch watch = new(Settings, []);
        RunMoment moment = null!;
        for (int second = 0; second <= 5; second++)
        {
            // Forty a second at first, of a quota of ten, and one attempt in five is a retry.
            SignalsSnapshot now = Samples.Moment(attempts: 50 * second);
            now = now with { Targets = [now.Targets[0] with { RequestLimitPerMinute = 600 }] };
            moment = watch.Look(TimeSpan.FromSeconds(second), Counts(40 * second), now, lastFailure: null);
        }

        // 800 are left; ten attempts a second answer four fifths as many.
        Assert.Equal(40, moment.PerSecond);
        Assert.Equal(3_000, moment.AttemptsPerMinute);
        Assert.Equal((600.0, null), (moment.Quota.RequestsPerMinute, moment.Quota.TokensPerMinute));
        Assert.Equal(800 / (10 * 0.8), moment.Forecast.Left!.Value.TotalSeconds, 3);
    }

    [Fact]
    public void While_nothing_can_be_called_no_time_left_is_promised()
    {
        RunWatch watch = new(Settings, []);
        List<TimeSpan?> left = [];
        for (int second = 0; second <= 20; second++)
        {
            ConstraintTimes times = Samples.Bound(Constraint.ProviderLatency, Math.Min(second, 10)).Plus(Samples.Bound(Constraint.Unavailable, Math.Max(0, second - 10)));
            left.Add(watch.Look(TimeSpan.FromSeconds(second), Counts(10 * Math.Min(second, 10)), Samples.Moment(constraints: times), lastFailure: null).Forecast.Left);
        }

        Assert.NotNull(left[10]);
        Assert.Null(left[20]);
    }

    [Fact]
    public void What_binds_is_that_of_the_last_seconds()
    {
        RunWatch watch = new(Settings, []);
        List<Constraint?> seen = [];
        for (int second = 1; second <= 20; second++)
        {
            ConstraintTimes times = Samples.Bound(Constraint.RequestCredits, Math.Min(second, 10)).Plus(Samples.Bound(Constraint.ProviderLatency, Math.Max(0, second - 10)));
            seen.Add(watch.Look(TimeSpan.FromSeconds(second), Counts(second), Samples.Moment(constraints: times), lastFailure: null).Bound?.Constraint);
        }

        Assert.All(seen.Take(12), constraint => Assert.Equal(Constraint.RequestCredits, constraint));
        Assert.All(seen.Skip(12), constraint => Assert.Equal(Constraint.ProviderLatency, constraint));
    }

    [Fact]
    public void What_is_spent_is_projected_by_what_a_request_has_cost_and_only_where_that_can_be_told()
    {
        BatchSpend spend = new(Usd: 2, BeforeUsd: 1, EstimatedUsd: 0, UnknownAttempts: 0);
        Forecast forecast = new(Done: 300, Total: 1_000, IsExact: true, Left: null);

        // 200 of this run for $2, 700 are left, and earlier runs spent $1.
        Assert.Equal(10m, SpendForecast.Of(Counts(200) with { Spend = spend }, forecast));
        Assert.Equal(3m, SpendForecast.Of(Counts(200) with { Spend = spend }, forecast with { Done = 1_000 }));
        Assert.Null(SpendForecast.Of(Counts(200), forecast));
        Assert.Null(SpendForecast.Of(Counts(200) with { Spend = spend }, forecast with { Total = null }));
        Assert.Null(SpendForecast.Of(Counts(9) with { Spend = spend }, forecast));
    }

    [Fact]
    public void A_plain_line_says_all_of_it()
    {
        BatchJobCounts counts = Counts(200) with { AlreadyDone = 100, Spend = new BatchSpend(2, 1, 0, 3) };
        RunMoment moment = new()
        {
            Time = TimeSpan.FromSeconds(20),
            Counts = counts,
            Signals = Samples.Moment(inFlight: 7, delayed: 2),
            Forecast = Forecast.Of(counts, new BatchInputOptions(), perSecond: 10, TimeSpan.FromSeconds(20)),
            PerSecond = 10,
            ProjectedUsd = 10,
        };

        string line = PlainLine.Of(moment, new Bound(Constraint.RequestCredits, 0.71, "request credits of simulator", "raise --rpm"));

        Assert.Equal(
            "0:00:20  200 answered, 0 failed, 100 already done, 7 in flight, 2 to retry, 30 % done, 10/s, 0:01:10 left, at least $3.00 spent, about $10.00 in the end; "
            + "waits for request credits of simulator (71 %): raise --rpm",
            line);
        Assert.Equal(
            "0:00:20  200 answered, 0 failed, 7 in flight, 2 to retry, 10/s",
            PlainLine.Of(moment with { Counts = new BatchJobCounts { Answered = 200 }, Forecast = default, ProjectedUsd = null }, bound: null));
    }

    [Fact]
    public void A_minute_without_progress_is_said_once_a_minute_with_what_is_waited_for()
    {
        SilenceWatch silence = new();
        List<(int Second, double Span)> said = [];
        for (int second = 0; second <= 300; second++)
        {
            // One answer at 30 s, and one at 200 s.
            if (silence.Look(TimeSpan.FromSeconds(second), second < 30 ? 0 : second < 200 ? 1 : 2) is { } span)
            {
                said.Add((second, span.TotalSeconds));
            }
        }

        Assert.Equal([(90, 60.0), (150, 120.0), (260, 60.0)], said);
        Bound bound = new(Constraint.RequestCredits, 1, "request credits of simulator", "raise --rpm");
        Assert.Equal(
            "Nothing was answered for 120 s. It waits for request credits of simulator: raise --rpm. No attempt has failed.",
            SilenceWatch.Describe(TimeSpan.FromSeconds(120.2), bound, lastTrouble: null));
        Assert.Equal(
            "Nothing was answered for 60 s. The last trouble was at simulator: 429.",
            SilenceWatch.Describe(TimeSpan.FromSeconds(60), bound: null, "The last trouble was at simulator: 429."));
    }

    private static BatchJobCounts Counts(int answered) => new() { Answered = answered, LinesRead = 1_000, BytesRead = 9, InputBytes = 9 };
}
