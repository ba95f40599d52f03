using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests;

public sealed class BatchJobTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new();

    private string Results => _directory["in.results.jsonl"];

    private string Errors => _directory["in.errors.jsonl"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Each_request_has_one_result_and_there_is_no_errors_file()
    {
        BatchJobResult result = await _run.RunAsync(Job(Requests.Lines(300)));

        Assert.Equal((BatchJobEnd.Completed, 300L, 0L), (result.End, result.Counts.Answered, result.Counts.Failed));
        Same.Names(Named(1..300), JobRun.Ids(Results).Order(StringComparer.Ordinal));
        Assert.False(File.Exists(Errors));
    }

    [Fact]
    public async Task A_line_that_is_no_request_a_second_id_and_a_failure_have_one_error_line_each()
    {
        _run.Answer = id => id == "r2" ? JobRun.Http(ProviderErrorCode.InvalidRequest, 400) : JobRun.Ok(id);

        BatchJobResult result = await _run.RunAsync(Job($"{Requests.Lines(3)}nonsense\n{Requests.Line("r1")}\n"));

        Assert.Equal((2L, 1L, 2L), (result.Counts.Answered, result.Counts.Failed, result.Counts.BadLines));
        Same.Names(["r1", "r3"], JobRun.Ids(Results).Order(StringComparer.Ordinal));
        Same.Names([null, "r1", "r2"], JobRun.Ids(Errors).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_target_that_says_cancelled_by_itself_leaves_an_error_line_and_not_a_hole()
    {
        _run.Answer = id => id == "r2" ? JobRun.Http(ProviderErrorCode.Cancelled, 499) : JobRun.Ok(id);

        BatchJobResult result = await _run.RunAsync(Job(Requests.Lines(3)));

        Assert.Equal((BatchJobEnd.Completed, 2L, 1L), (result.End, result.Counts.Answered, result.Counts.Failed));
        Same.Names(["r2"], JobRun.Ids(Errors));
    }

    [Fact]
    public async Task An_errors_file_that_another_job_made_meanwhile_is_not_written_over()
    {
        _run.MaxInflight = 1;
        _run.Before = id => id == "r2" ? File.WriteAllTextAsync(Errors, "not ours\n") : Task.CompletedTask;
        _run.Answer = id => id == "r2" ? JobRun.Http(ProviderErrorCode.InvalidRequest, 400) : JobRun.Ok(id);

        BatchJobResult result = await _run.RunAsync(Job(Requests.Lines(2)));

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
        Assert.Contains("somebody else", result.Reason, StringComparison.Ordinal);
        Assert.Equal("not ours\n", await File.ReadAllTextAsync(Errors));
    }

    [Fact]
    public async Task A_finished_job_run_again_makes_no_call_and_changes_no_byte()
    {
        _run.Answer = id => id == "r2" ? JobRun.Http(ProviderErrorCode.InvalidRequest, 400) : JobRun.Ok(id);
        BatchJobOptions job = Job($"{Requests.Lines(20)}nonsense\n{Requests.Line("r1")}\n");
        await _run.RunAsync(job);
        byte[] before = [.. await File.ReadAllBytesAsync(Results), .. await File.ReadAllBytesAsync(Errors)];

        BatchJobResult again = await _run.RunAsync(job);

        Assert.Empty(_run.Calls);
        byte[] after = [.. await File.ReadAllBytesAsync(Results), .. await File.ReadAllBytesAsync(Errors)];
        Assert.Equal(before, after);
        Assert.Equal((22L, 3L, 0L), (again.Counts.AlreadyDone, again.Counts.AlreadyFailed, again.Counts.Answered));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.01)]
    [InlineData(0.5)]
    [InlineData(1.5)]
    public async Task A_torn_result_line_is_cut_off_and_only_its_request_runs_again(double lostLines)
    {
        BatchJobOptions job = Job(Requests.Lines(10)) with { Ordered = true };
        await _run.RunAsync(job);
        byte[] whole = await File.ReadAllBytesAsync(Results);
        int last = whole.AsSpan(0, whole.Length - 1).LastIndexOf((byte)'\n') + 1;
        int kept = whole.AsSpan(0, last - 1).LastIndexOf((byte)'\n') + 1;
        await File.WriteAllBytesAsync(Results, whole[..^(int)Math.Ceiling(lostLines * (whole.Length - last))]);

        await _run.RunAsync(job);

        Same.Names(Enumerable.Range(1, 10).Select(number => $"r{number}"), JobRun.Ids(Results));
        Assert.True((await File.ReadAllBytesAsync(Results)).AsSpan().StartsWith(whole.AsSpan(0, kept)));
        Assert.Equal((int)Math.Ceiling(lostLines), _run.Calls.Count);
    }

    [Fact]
    public async Task Results_are_in_the_order_of_the_requests_when_asked_for()
    {
        // The first of each eight comes last.
        TaskCompletionSource[] gates = [.. Enumerable.Range(0, 50).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
        _run.Before = id =>
        {
            int number = int.Parse(id[1..], System.Globalization.CultureInfo.InvariantCulture) - 1;
            if (number % 8 == 7)
            {
                gates[number / 8].TrySetResult();
            }

            return number % 8 == 0 && number < 400 ? gates[number / 8].Task : Task.CompletedTask;
        };

        await _run.RunAsync(Job(Requests.Lines(400)) with { Ordered = true });

        Same.Names(Enumerable.Range(1, 400).Select(number => $"r{number}"), JobRun.Ids(Results));
    }

    [Fact]
    public async Task Stopped_half_way_it_finishes_what_is_in_flight_and_continues_with_the_rest()
    {
        using CancellationTokenSource stop = new();
        BatchJobOptions job = Job(Requests.Lines(200));
        _run.Before = id =>
        {
            if (id == "r50")
            {
                stop.Cancel();
            }

            return Task.CompletedTask;
        };

        BatchJobResult stopped = await _run.RunAsync(job, stop: stop.Token);
        int called = _run.Calls.Count;
        int written = JobRun.Ids(Results).Length;
        BatchJobResult finished = await _run.RunAsync(job);

        // What was called was paid for, so it was written.
        Assert.Equal(BatchJobEnd.Interrupted, stopped.End);
        Assert.Equal(called, written);
        Assert.InRange(written, 1, 199);
        Assert.Equal(BatchJobEnd.Completed, finished.End);
        Assert.Equal(200 - written, _run.Calls.Count);
        Same.Names(Named(1..200), JobRun.Ids(Results).Order(StringComparer.Ordinal));
        Assert.False(File.Exists(Errors));
    }

    [Fact]
    public async Task Told_to_give_up_it_ends_although_the_provider_never_answers()
    {
        using CancellationTokenSource abort = new();
        BatchJobOptions job = Job(Requests.Lines(20));
        _run.Before = async id =>
        {
            if (_run.Calls.Count == 8)
            {
                await abort.CancelAsync();
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
        };

        BatchJobResult result = await _run.RunAsync(job, abort: abort.Token).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(BatchJobEnd.Interrupted, result.End);
        Assert.Empty(JobRun.Ids(Results));
    }

    [Fact]
    public async Task What_waits_for_a_retry_does_not_hold_up_a_stop()
    {
        using CancellationTokenSource stop = new();
        await using BatchJob job = await BatchJob.OpenAsync(Job(Requests.Lines(1)));
        await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = RequestPipeline.CreateBuilder<BatchRequest, ProviderResponse>()
            .AddTarget("throttled", static (_, _) => throw new HttpRequestException("429", null, System.Net.HttpStatusCode.TooManyRequests), target =>
            {
                target.Retry.InitialDelay = target.Retry.MaxDelay = TimeSpan.FromMinutes(10);
                target.Retry.Jitter = Recovery.Jitter.None;
            })
            .OnRetry(_ => stop.Cancel())
            .Build();

        BatchJobResult result = await job.RunAsync(pipeline, stop.Token).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(BatchJobEnd.Interrupted, result.End);
        Assert.False(File.Exists(Errors));
    }

    [Fact]
    public async Task A_wrong_key_stops_the_job_and_blames_no_request()
    {
        _run.Answer = static _ => JobRun.Http(ProviderErrorCode.Authentication, 401);
        BatchJobOptions job = Job(Requests.Lines(100));

        BatchJobResult stopped = await _run.RunAsync(job);
        bool wrote = File.Exists(Errors);
        int calls = _run.Calls.Count;
        _run.Answer = JobRun.Ok;
        BatchJobResult finished = await _run.RunAsync(job);

        Assert.Equal(BatchJobEnd.StoppedEarly, stopped.End);
        Assert.Contains("played", stopped.Reason, StringComparison.Ordinal);
        Assert.False(wrote);

        // As many as have a slot, and two whose slots came back before the third refusal.
        Assert.InRange(calls, 3, JobRun.Slots + 2);
        Assert.Equal(100, finished.Counts.Answered);
    }

    [Fact]
    public async Task A_target_that_cannot_be_called_stops_the_job()
    {
        await using BatchJob job = await BatchJob.OpenAsync(Job(Requests.Lines(10)) with { GiveUpWithoutAnswerAfter = TimeSpan.FromMilliseconds(200) });
        await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = RequestPipeline.CreateBuilder<BatchRequest, ProviderResponse>()
            .AddTarget("dead", static (_, _) => throw new HttpRequestException("refused"), target =>
            {
                target.CircuitBreaker.FailureThreshold = 1;
                target.Retry.MaxRetries = 100;
            })
            .Build();

        BatchJobResult result = await job.RunAsync(pipeline).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
        Assert.Contains("no target can be called", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_that_are_tried_again_have_one_line_each_in_the_end()
    {
        _run.Answer = static id => id is "r2" or "r3" or "r4" ? JobRun.Http(ProviderErrorCode.InvalidRequest, 400) : JobRun.Ok(id);
        BatchJobOptions job = Job(Requests.Lines(5) + "nonsense\n");
        await _run.RunAsync(job);
        _run.Answer = static id => id == "r3" ? JobRun.Http(ProviderErrorCode.InvalidRequest, 400) : JobRun.Ok(id);

        BatchJobResult result = await _run.RunAsync(job with { RetryErrors = true });

        Same.Names(["r2", "r3", "r4"], _run.Calls.Order(StringComparer.Ordinal));
        Same.Names(["r1", "r2", "r4", "r5"], JobRun.Ids(Results).Order(StringComparer.Ordinal));
        Same.Names([null, "r3"], JobRun.Ids(Errors).Order(StringComparer.Ordinal));
        Assert.Equal((2L, 1L), (result.Counts.Answered, result.Counts.Failed));
        Same.Names(["in.errors.jsonl", "in.jsonl", "in.results.jsonl", "in.results.jsonl.job"], Directory.GetFiles(_directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Interrupted_while_errors_are_tried_again_the_next_run_goes_on_with_them()
    {
        _run.Answer = static id => JobRun.Http(ProviderErrorCode.InvalidRequest, 400);
        BatchJobOptions job = Job(Requests.Lines(300));
        await _run.RunAsync(job);
        using CancellationTokenSource stop = new();
        _run.Answer = JobRun.Ok;
        _run.Before = id =>
        {
            if (id == "r20")
            {
                stop.Cancel();
            }

            return Task.CompletedTask;
        };

        await _run.RunAsync(job with { RetryErrors = true }, stop: stop.Token);
        int written = JobRun.Ids(Results).Length;
        BatchJobResult result = await _run.RunAsync(job);

        Assert.InRange(written, 1, 299);
        Same.Names(Named(1..300), JobRun.Ids(Results).Order(StringComparer.Ordinal));
        Assert.Equal(300 - written, result.Counts.Answered);
        Assert.False(File.Exists(Errors));
    }

    [Fact]
    public async Task A_fresh_start_moves_the_old_files_aside()
    {
        BatchJobOptions job = Job(Requests.Lines(3) + "nonsense\n");
        await _run.RunAsync(job);
        byte[] first = await File.ReadAllBytesAsync(Results);

        await _run.RunAsync(job with { Fresh = true });
        await _run.RunAsync(job with { Fresh = true });

        Assert.Equal(3, _run.Calls.Count);
        Assert.Equal(first, await File.ReadAllBytesAsync(Results + ".1"));
        Assert.True(File.Exists(Results + ".2") && File.Exists(Errors + ".1") && File.Exists(Errors + ".2"));
        Assert.Single(JobRun.Ids(Errors));
    }

    [Fact]
    public async Task A_plan_says_what_would_be_sent_and_changes_nothing()
    {
        BatchJobOptions job = Job(Requests.Lines(10) + "nonsense\n");

        BatchPlan before = await BatchJob.PlanAsync(job);
        string[] files = Directory.GetFiles(_directory.Path);
        await _run.RunAsync(job);
        BatchPlan after = await BatchJob.PlanAsync(job);

        Assert.Single(files);
        Assert.Equal((10L, 0L, 1L), (before.Requests, before.AlreadyDone, before.BadLines));
        Assert.Equal((0L, 11L, 0L), (after.Requests, after.AlreadyDone, after.BadLines));
    }

    private BatchJobOptions Job(string lines) => new() { InputPath = _directory.Write("in.jsonl", lines) };

    private static IEnumerable<string> Named(Range range) => Enumerable.Range(range.Start.Value, range.End.Value).Select(number => $"r{number}").Order(StringComparer.Ordinal);
}
