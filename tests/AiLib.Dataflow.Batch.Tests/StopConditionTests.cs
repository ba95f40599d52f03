using AiLib.Dataflow.Batch.Running;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests;

/// <summary>A run that stops by itself says why, and the next one goes on.</summary>
public sealed class StopConditionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task No_more_calls_are_made_than_allowed_and_the_next_run_goes_on()
    {
        BatchJobOptions job = Job(100) with { MaxCalls = 30 };

        BatchJobResult first = await _run.RunAsync(job);
        int calls = _run.Calls.Count;
        BatchJobResult second = await _run.RunAsync(job with { MaxCalls = 70 });

        Assert.Equal((BatchJobEnd.StoppedEarly, 30, 30L), (first.End, calls, first.Counts.Answered));
        Assert.Contains("30 calls were made", first.Reason, StringComparison.Ordinal);
        Assert.Equal((BatchJobEnd.Completed, 70), (second.End, _run.Calls.Count));
        Assert.Equal(100, JobRun.Ids(_directory["in.results.jsonl"]).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData(300, "its time of 0.3 s is over (--deadline).")]
    [InlineData(90_000, "its time of 90 s is over (--deadline).")]
    [InlineData(1_800_000, "its time of 30 min is over (--deadline).")]
    [InlineData(7_200_000, "its time of 2 h is over (--deadline).")]
    public void When_its_time_is_over_the_run_stops_and_says_so_and_not_before(int milliseconds, string reason)
    {
        using JobWorld world = new(seed: 1);
        TimeSpan deadline = TimeSpan.FromMilliseconds(milliseconds);
        QuotaTarget slow = world.Target();
        slow.Latency = deadline + TimeSpan.FromSeconds(10);

        BatchJobResult result = world.Run(world.Job(100) with { Deadline = deadline }, slow);

        Assert.Equal((BatchJobEnd.StoppedEarly, reason), (result.End, result.Reason));

        // Those that were asked are waited for; nobody else is asked.
        Assert.Equal((JobWorld.MaxInflight, 0), (slow.Calls.Count, slow.CutShort));
        Assert.Equal(JobWorld.MaxInflight, result.Counts.Answered);
        Assert.InRange(result.Elapsed, slow.Latency.Value, slow.Latency.Value + JobWorld.Moment);
    }

    [Fact]
    public void A_run_that_is_over_is_not_stopped_by_a_time_that_comes_later() => JobWorld.ForEach(5, world =>
    {
        BatchJobResult result = world.Run(world.Job(1_000) with { Deadline = TimeSpan.FromSeconds(3) }, world.Target());

        Assert.Equal((BatchJobEnd.Completed, null, 1_000L), (result.End, result.Reason, result.Counts.Answered));
        Assert.InRange(result.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
    });

    [Fact]
    public void When_its_time_is_over_in_the_middle_what_is_in_flight_is_finished_and_the_next_run_goes_on() => JobWorld.ForEach(5, world =>
    {
        QuotaTarget target = world.Target();

        BatchJobResult stopped = world.Run(world.Job(1_000) with { Deadline = TimeSpan.FromSeconds(1) }, target);
        BatchJobResult finished = world.Run(world.Job(1_000) with { Deadline = TimeSpan.FromSeconds(10) }, target);

        Assert.Equal(BatchJobEnd.StoppedEarly, stopped.End);
        Assert.InRange(stopped.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.4));
        Assert.InRange(stopped.Counts.Answered, 100, 900);
        Assert.Equal((BatchJobEnd.Completed, 1_000L), (finished.End, finished.Counts.Answered + stopped.Counts.Answered));
        Assert.Equal((1_000, 0), (target.Calls.Count, target.CutShort));
        world.AssertOnce(1_000);
    });

    [Fact]
    public void What_never_comes_to_its_end_is_waited_for_as_long_as_was_said() => JobWorld.ForEach(5, world =>
    {
        QuotaTarget stuck = world.Target();
        stuck.Latency = TimeSpan.FromDays(1);

        BatchJobResult stopped = world.Run(world.Job(100) with { Deadline = TimeSpan.FromSeconds(2), DrainTimeout = TimeSpan.FromSeconds(20) }, stuck);

        Assert.Equal((BatchJobEnd.StoppedEarly, 0L, 0L), (stopped.End, stopped.Counts.Answered, stopped.Counts.Failed));
        Assert.Equal(JobWorld.MaxInflight, stuck.CutShort);
        Assert.InRange(stopped.Elapsed, TimeSpan.FromSeconds(22), TimeSpan.FromSeconds(23));
    });

    [Fact]
    public void A_target_that_has_answered_may_be_away_for_longer_than_one_that_never_did() => JobWorld.ForEach(5, world =>
    {
        world.FailureThreshold = 5;
        QuotaTarget target = world.Target();
        target.Fails = _ => world.Time.Elapsed > TimeSpan.FromSeconds(1) && world.Time.Elapsed < TimeSpan.FromSeconds(200);

        BatchJobResult result = world.Run(world.Job(1_500), target);

        Assert.Equal((BatchJobEnd.Completed, null, 1_500L), (result.End, result.Reason, result.Counts.Answered + result.Counts.Failed));
        Assert.InRange(result.Counts.Failed, 5, 50);
        Assert.InRange(result.Elapsed, TimeSpan.FromSeconds(200), TimeSpan.FromSeconds(300));
    });

    [Fact]
    public async Task Refusals_of_the_key_are_a_request_s_own_when_an_answer_follows_and_nobody_s_when_none_does()
    {
        // One answer, two refusals, one answer, refusals.
        _run.MaxInflight = 1;
        _run.Answer = static id => id is "r1" or "r4" ? JobRun.Ok(id) : JobRun.Http(ProviderErrorCode.Authentication, 401);

        BatchJobResult result = await _run.RunAsync(Job(20) with { Ordered = true });

        Assert.Equal((BatchJobEnd.StoppedEarly, 2L, 2L), (result.End, result.Counts.Answered, result.Counts.Failed));
        Same.Names(["r1", "r4"], JobRun.Ids(_directory["in.results.jsonl"]));
        Same.Names(["r2", "r3"], JobRun.Ids(_directory["in.errors.jsonl"]));
    }

    [Fact]
    public async Task A_deadline_in_the_past_is_refused() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _run.RunAsync(Job(1) with { Deadline = TimeSpan.Zero }));

    [Fact]
    public async Task When_half_of_fifty_fail_the_run_stops_with_the_reason_and_the_next_one_goes_on()
    {
        _run.Answer = static _ => JobRun.Http(ProviderErrorCode.InvalidRequest, 400);

        BatchJobResult stopped = await _run.RunAsync(Job(1_000));
        _run.Answer = JobRun.Ok;
        BatchJobResult finished = await _run.RunAsync(Job(1_000));

        Assert.Equal(BatchJobEnd.StoppedEarly, stopped.End);
        Assert.StartsWith("50 of 50 requests failed, 50 of them with ailib_E1001", stopped.Reason, StringComparison.Ordinal);
        Assert.InRange(stopped.Counts.Failed, 50, 50 + JobRun.Slots);
        Assert.Equal((BatchJobEnd.Completed, 1_000 - stopped.Counts.Failed), (finished.End, finished.Counts.Answered));
    }

    [Theory]
    [InlineData(0.5, 49, 49, false)]
    [InlineData(0.5, 50, 25, true)]
    [InlineData(0.5, 50, 24, false)]
    [InlineData(0.1, 1000, 100, true)]
    [InlineData(null, 1000, 1000, false)]
    public void The_share_of_failures_is_judged_when_there_are_enough(double? share, int all, int failed, bool stops)
    {
        FailureWatch watch = new(share);
        for (int number = 0; number < all - failed; number++)
        {
            Assert.Null(watch.Look(null));
        }

        string? reason = null;
        for (int number = 0; number < failed; number++)
        {
            Assert.Null(reason);
            reason = watch.Look(ProviderErrorCode.ServerError);
        }

        Assert.Equal(stops, reason is not null);
    }

    [Fact]
    public async Task Only_the_errors_that_are_asked_for_are_tried_again_and_each_has_one_line_in_the_end()
    {
        _run.Answer = static id => id switch
        {
            "r1" => JobRun.Http(ProviderErrorCode.InvalidRequest, 400),
            "r2" => JobRun.Http(ProviderErrorCode.ServerError, 500),
            "r3" => Outcome<ProviderResponse>.Failed(OutcomeKind.TimedOut),
            _ => JobRun.Ok(id),
        };
        BatchJobOptions job = Job(5);
        await _run.RunAsync(job);
        _run.Answer = JobRun.Ok;

        await _run.RunAsync(job with { RetryErrors = true, RetryErrorCodes = ["5xx"] });
        string?[] first = [.. _run.Calls];
        await _run.RunAsync(job with { RetryErrors = true, RetryErrorCodes = ["429"] });
        string?[] second = [.. _run.Calls];
        BatchPlan plan = await BatchJob.PlanAsync(job with { RetryErrors = true, RetryErrorCodes = ["400"] });
        await _run.RunAsync(job with { RetryErrors = true, RetryErrorCodes = ["ailib_" + ProviderErrorCode.Timeout.ToText(), "invalid_json_line"] });

        Same.Names(["r2"], first);
        Assert.Empty(second);
        Assert.Equal(1, plan.Requests);
        Same.Names(["r3"], _run.Calls);
        Same.Names(["r1"], JobRun.Ids(_directory["in.errors.jsonl"]));
        Same.Names(["r2", "r3", "r4", "r5"], JobRun.Ids(_directory["in.results.jsonl"]).Order(StringComparer.Ordinal));
        Same.Names(
            ["in.errors.jsonl", "in.jsonl", "in.results.jsonl", "in.results.jsonl.job"],
            Directory.GetFiles(_directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("42")]
    [InlineData("600")]
    [InlineData("in.jsonl")]
    [InlineData("E9")]
    public async Task A_code_that_is_none_is_refused_before_anything_changes(string code)
    {
        _run.Answer = static _ => JobRun.Http(ProviderErrorCode.InvalidRequest, 400);
        BatchJobOptions job = Job(2);
        await _run.RunAsync(job);

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(
            () => _run.RunAsync(job with { RetryErrors = true, RetryErrorCodes = ["429", code] }));

        Assert.Contains($"'{code}'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, JobRun.Ids(_directory["in.errors.jsonl"]).Length);
    }

    private BatchJobOptions Job(int requests) => new() { InputPath = _directory.Write("in.jsonl", Requests.Lines(requests)) };
}
