using System.IO.Compression;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Providers;
using Microsoft.Extensions.Time.Testing;

namespace AiLib.Dataflow.Batch.Tests.Parking;

/// <summary>Requests whose target takes none for long wait as places in the input; time is the test's.</summary>
public sealed class ParkingJobTests : IDisposable
{
    private const int MaxInflight = 8;
    private const int Slots = 32;

    // More than the pipeline waits, and no more than that: every timer rings each tenth of a second of it.
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 9, 0, 0, TimeSpan.Zero));

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(300, 50, OutcomeKind.Throttled)]
    [InlineData(300, 50, OutcomeKind.Exhausted)]
    [InlineData(30, 1, OutcomeKind.Overloaded)]
    [InlineData(9, 100, OutcomeKind.Throttled)]
    [InlineData(50, 50, OutcomeKind.Throttled)]
    [InlineData(51, 50, OutcomeKind.Exhausted)]
    public async Task Each_line_gets_its_answer_once_over_as_many_windows_as_it_takes_and_nobody_is_asked_too_early(int count, int quota, OutcomeKind refusal)
    {
        QuotaTarget target = new(_time, Window, quota, refusal);

        BatchJobResult result = await RunAsync(Job(count), target);

        Assert.Equal((BatchJobEnd.Completed, null, (long)count, 0L, 0L), (result.End, result.Reason, result.Counts.Answered, result.Counts.Failed, result.Counts.Parked));
        AssertOnce(count);
        Assert.Empty(target.TooEarly);
        Assert.Equal((count - 1) / quota, target.Refusing.Count);
        Assert.InRange(target.Calls.Count, count, count + (MaxInflight * target.Refusing.Count));
        Assert.Equal((long)count, result.Counts.LinesRead);
    }

    [Fact]
    public async Task A_quota_that_is_back_in_half_a_minute_is_waited_for_as_well()
    {
        QuotaTarget target = new(_time, TimeSpan.FromSeconds(30), quota: 20, OutcomeKind.Exhausted);

        BatchJobResult result = await RunAsync(Job(90), target);

        Assert.Equal((BatchJobEnd.Completed, 90L), (result.End, result.Counts.Answered));
        AssertOnce(90);
        Assert.Empty(target.TooEarly);

        // So short a wait does not close the pipeline's door: what is inside is asked.
        Assert.InRange(target.Calls.Count, 90, 90 + (Slots * target.Refusing.Count));
    }

    [Theory]
    [InlineData("gz")]
    [InlineData("limit")]
    [InlineData("sample")]
    [InlineData("shuffled")]
    [InlineData("dedupe")]
    [InlineData("csv")]
    [InlineData("bad lines")]
    [InlineData("budget")]
    public async Task It_goes_with_every_way_to_read_the_input(string way)
    {
        const int Count = 120;
        QuotaTarget target = new(_time, Window, quota: 25);
        BatchJobOptions job = Job(Count);
        string[] lines = [.. Enumerable.Range(1, Count).Select(number => Requests.Line($"r{number}"))];
        string[] expected = [.. Enumerable.Range(1, Count).Select(number => $"r{number}")];
        switch (way)
        {
            case "gz":
                job = job with { InputPath = _directory["in.jsonl.gz"], ResultsPath = _directory["in.results.jsonl"], ErrorsPath = _directory["in.errors.jsonl"] };
                await using (GZipStream zip = new(File.Create(job.InputPath), CompressionLevel.Fastest))
                {
                    await zip.WriteAsync(File.ReadAllBytes(_directory["in.jsonl"]), TestContext.Current.CancellationToken);
                }

                break;
            case "limit":
                expected = expected[..60];
                job = job with { Input = new BatchInputOptions { Limit = 60 } };
                break;
            case "sample":
                job = job with { Input = new BatchInputOptions { SampleCount = 60 } };
                expected = [];
                break;
            case "shuffled":
                job = job with { Input = new BatchInputOptions { ShuffleSeed = 7 } };
                break;
            case "dedupe":
                lines = [.. expected.Select(id => Requests.Line(id).Replace($"\"content\":\"{id}\"", $"\"content\":\"q{int.Parse(id[1..], System.Globalization.CultureInfo.InvariantCulture) % 60}\"", StringComparison.Ordinal))];
                File.WriteAllLines(job.InputPath, lines);
                job = job with { Dedupe = true };
                break;
            case "csv":
                job = job with { InputPath = _directory["in.csv"], ResultsPath = _directory["in.results.jsonl"], ErrorsPath = _directory["in.errors.jsonl"], Input = new BatchInputOptions { Prompt = "{word}", IdColumn = "word" } };
                File.WriteAllLines(job.InputPath, expected.Prepend("word"));
                break;
            case "bad lines":
                File.WriteAllLines(job.InputPath, lines.SelectMany((line, number) => number % 10 == 0 ? [line, "", "{", Requests.Line("r1")] : new[] { line }));
                break;
            default:
                job = job with { BudgetUsd = 1000, Prices = new Dictionary<string, TokenPrices>(StringComparer.Ordinal) { ["only"] = new(1, 1) } };
                break;
        }

        BatchJobResult result = await RunAsync(job, target);

        Assert.Equal((BatchJobEnd.Completed, null), (result.End, result.Reason));
        string?[] ids = JobRun.Ids(_directory["in.results.jsonl"]);
        Assert.Equal(ids.Length, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(way == "sample" ? 60 : expected.Length, ids.Length);
        Assert.True(way == "sample" || ids.ToHashSet(StringComparer.Ordinal).SetEquals(expected));
        Assert.Equal(way == "bad lines" ? 24 : 0, JobRun.Ids(_directory["in.errors.jsonl"]).Length);
        Assert.Empty(target.TooEarly);
        Assert.NotEmpty(target.Refusing);
    }

    [Fact]
    public async Task What_waits_is_not_read_and_has_no_line_and_the_counts_say_until_when()
    {
        QuotaTarget target = new(_time, Window, quota: 100_000, firstWindow: TimeSpan.FromMinutes(20));
        await using (BatchJob job = await BatchJob.OpenAsync(Job(5_000), TestContext.Current.CancellationToken))
        {
            await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = Pipeline(target);
            Task<BatchJobResult> running = job.RunAsync(pipeline, CancellationToken.None, CancellationToken.None);

            BatchJobCounts waiting = await UntilItWaitsAsync(job, running);

            Assert.InRange(waiting.Parked, 1, Slots + 2);
            Assert.InRange(waiting.LinesRead, waiting.Parked, Slots + 2);
            Assert.InRange(waiting.WaitsUntil!.Value - _time.Start, TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(21));
            Assert.Equal(0, new FileInfo(_directory["in.results.jsonl"]).Length);
            Assert.False(File.Exists(_directory["in.errors.jsonl"]));
            Assert.InRange(target.Calls.Count, 1, MaxInflight);
            Assert.Equal(new Signals.StageDepths(), pipeline.Signals.Snapshot().Depths);

            BatchJobResult result = await DriveAsync(job, running);

            Assert.Equal((BatchJobEnd.Completed, 5_000L), (result.End, result.Counts.Answered));
            Assert.Null(job.Counts.WaitsUntil);
        }

        AssertOnce(5_000);
    }

    [Fact]
    public async Task While_all_waits_a_stop_ends_the_run_at_once_and_the_next_one_goes_on()
    {
        using CancellationTokenSource stop = new();
        QuotaTarget target = new(_time, Window, quota: 20);
        BatchJobResult stopped;
        await using (BatchJob job = await BatchJob.OpenAsync(Job(50), TestContext.Current.CancellationToken))
        {
            await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = Pipeline(target);
            Task<BatchJobResult> running = job.RunAsync(pipeline, stop.Token, CancellationToken.None);
            await UntilItWaitsAsync(job, running);

            // Time does not pass any more: there is nothing to wait for.
            await stop.CancelAsync();
            stopped = await running.WaitAsync(TestContext.Current.CancellationToken);
        }

        BatchJobResult finished = await RunAsync(Job(50), new QuotaTarget(_time, Window, quota: 100));

        Assert.Equal((BatchJobEnd.Interrupted, 20L), (stopped.End, stopped.Counts.Answered));
        Assert.Equal((BatchJobEnd.Completed, 30L, 20L), (finished.End, finished.Counts.Answered, finished.Counts.AlreadyDone));
        AssertOnce(50);
    }

    [Fact]
    public async Task Without_the_option_the_run_stops_says_when_to_come_back_and_leaves_no_line()
    {
        QuotaTarget target = new(_time, Window, quota: 20);

        BatchJobResult stopped = await RunAsync(Job(50) with { WaitForQuota = null }, target);
        _time.Advance(Window);
        BatchJobResult finished = await RunAsync(Job(50) with { WaitForQuota = null }, new QuotaTarget(_time, Window, quota: 50));

        Assert.Equal((BatchJobEnd.StoppedEarly, 20L, 0L), (stopped.End, stopped.Counts.Answered, stopped.Counts.Failed));
        Assert.Contains("only takes no requests until 2026-03-01 09:0", stopped.Reason, StringComparison.Ordinal);
        Assert.Contains("--wait-for-quota", stopped.Reason, StringComparison.Ordinal);
        Assert.InRange(target.Calls.Count, 21, 20 + MaxInflight);
        Assert.Equal((BatchJobEnd.Completed, 30L), (finished.End, finished.Counts.Answered));
        AssertOnce(50);
    }

    [Fact]
    public async Task A_wait_beyond_the_most_stops_the_run_and_answers_in_between_count_anew()
    {
        BatchJobResult patient = await RunAsync(Job(40) with { WaitForQuota = TimeSpan.FromMinutes(6) }, new QuotaTarget(_time, Window, quota: 10));
        QuotaTarget shut = new(_time, Window, quota: 10, firstWindow: 3 * Window);
        BatchJobResult stopped = await RunAsync(Job(40) with { WaitForQuota = TimeSpan.FromMinutes(6), Fresh = true }, shut);

        Assert.Equal((BatchJobEnd.Completed, 40L), (patient.End, patient.Counts.Answered));
        Assert.Equal((BatchJobEnd.StoppedEarly, 0L, 0L), (stopped.End, stopped.Counts.Answered, stopped.Counts.Failed));
        Assert.Contains("longer than the run may wait without an answer (--wait-for-quota 6m)", stopped.Reason, StringComparison.Ordinal);
        Assert.InRange(stopped.Counts.Parked, 1, Slots + 2);
        Assert.InRange(shut.Calls.Count, 1, MaxInflight);
    }

    [Fact]
    public async Task A_target_that_puts_off_again_and_again_is_not_waited_for_longer_than_allowed()
    {
        QuotaTarget never = new(_time, TimeSpan.FromMinutes(5), quota: 0);

        BatchJobResult stopped = await RunAsync(Job(20) with { WaitForQuota = TimeSpan.FromHours(1) }, never);

        Assert.Equal(BatchJobEnd.StoppedEarly, stopped.End);

        // Twelve, more or less: time is the test's, and runs on while threads wait for a processor.
        Assert.InRange(never.Refusing.Count, 8, 24);
        Assert.InRange(never.Calls.Count, never.Refusing.Count, MaxInflight * never.Refusing.Count);
        Assert.Empty(never.TooEarly);
        Assert.Empty(JobRun.Ids(_directory["in.results.jsonl"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_another_target_takes_requests_nothing_waits(bool waits)
    {
        QuotaTarget shut = new(_time, Window, quota: 5);
        QuotaTarget open = new(_time, Window, quota: 1_000);

        BatchJobResult result = await RunAsync(Job(200) with { WaitForQuota = waits ? Day : null }, shut, open);

        Assert.Equal((BatchJobEnd.Completed, 200L), (result.End, result.Counts.Answered));
        Assert.InRange(_time.GetUtcNow() - _time.Start, TimeSpan.Zero, Window);
        AssertOnce(200);
    }

    [Fact]
    public async Task The_first_of_two_targets_that_is_back_is_the_one_that_is_waited_for()
    {
        QuotaTarget slow = new(_time, 3 * Window, quota: 10);
        QuotaTarget fast = new(_time, Window / 2, quota: 10);

        BatchJobResult result = await RunAsync(Job(60), slow, fast);

        Assert.Equal((BatchJobEnd.Completed, 60L), (result.End, result.Counts.Answered));
        Assert.InRange(_time.GetUtcNow() - _time.Start, 2 * Window, 2.4 * Window);
        AssertOnce(60);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_pipeline_would_hold_for_long_waits_as_well_though_nothing_is_settled(bool waits)
    {
        // Redirected from the one to the other, which has asked to be left alone already: nobody's last target says no.
        QuotaTarget first = new(_time, Window, quota: 5);
        QuotaTarget second = new(_time, Window, quota: 5);

        BatchJobResult result = await RunAsync(Job(30) with { WaitForQuota = waits ? Day : null }, first, second);

        Assert.Equal(waits ? (BatchJobEnd.Completed, 30L, 0L) : (BatchJobEnd.StoppedEarly, 10L, 0L), (result.End, result.Counts.Answered, result.Counts.Failed));
        Assert.Equal(waits ? null : "and a run waits so long only when it is told to (--wait-for-quota).", result.Reason?[result.Reason.IndexOf("and a run", StringComparison.Ordinal)..(result.Reason.IndexOf(").", StringComparison.Ordinal) + 2)]);
    }

    [Fact]
    public async Task An_input_that_changes_meanwhile_is_noticed_before_it_is_read_again()
    {
        QuotaTarget target = new(_time, Window, quota: 20);
        await using BatchJob job = await BatchJob.OpenAsync(Job(50), TestContext.Current.CancellationToken);
        await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = Pipeline(target);
        Task<BatchJobResult> running = job.RunAsync(pipeline, CancellationToken.None, CancellationToken.None);
        await UntilItWaitsAsync(job, running);

        File.WriteAllLines(_directory["in.jsonl"], Enumerable.Range(1, 50).Reverse().Select(number => Requests.Line($"r{number}")));
        int calls = target.Calls.Count;
        BatchJobResult result = await DriveAsync(job, running);

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
        Assert.Contains("changed while the job ran", result.Reason, StringComparison.Ordinal);
        Assert.True(job.HasInputChanged);
        Assert.Equal(calls, target.Calls.Count);
    }

    [Fact]
    public async Task A_stream_cannot_be_read_again_so_the_run_stops_with_words()
    {
        await using MemoryStream input = new(File.ReadAllBytes(Job(50).InputPath));
        QuotaTarget target = new(_time, Window, quota: 20);

        BatchJobResult result = await RunAsync(Job(50) with { InputStream = input }, target);

        Assert.Equal((BatchJobEnd.StoppedEarly, 20L, 0L), (result.End, result.Counts.Answered, result.Counts.Failed));
        Assert.Contains("the input is a stream, which cannot be read again", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ordered_and_impossible_times_are_refused()
    {
        Assert.Contains("--ordered", (await Assert.ThrowsAsync<ConfigurationException>(() => BatchJob.OpenAsync(Job(1) with { Ordered = true }))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => BatchJob.OpenAsync(Job(1) with { WaitForQuota = TimeSpan.Zero }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => BatchJob.OpenAsync(Job(1) with { WaitForQuota = TimeSpan.FromDays(31) }));
    }

    private BatchJobOptions Job(int count)
    {
        string path = _directory["in.jsonl"];
        if (!File.Exists(path))
        {
            File.WriteAllText(path, Requests.Lines(count));
        }

        return new BatchJobOptions { InputPath = path, WaitForQuota = Day, TimeProvider = _time, Durability = BatchDurability.None };
    }

    private RequestPipeline<BatchRequest, ProviderResponse> Pipeline(params QuotaTarget[] targets)
    {
        RequestPipelineBuilder<BatchRequest, ProviderResponse> builder = RequestPipeline.CreateBuilder<BatchRequest, ProviderResponse>().UseTimeProvider(_time);
        foreach (QuotaTarget target in targets)
        {
            string name = targets.Length == 1 ? "only" : $"target {Array.IndexOf(targets, target) + 1}";
            builder.AddTarget(name, new BatchEndpoint(target), options =>
            {
                options.Slots = Slots;
                options.Backpressure.MaxInflight = MaxInflight;
                options.CircuitBreaker.FailureThreshold = 0;
                options.CircuitBreaker.FailureRatio = 0;
            });
        }

        return builder.Build();
    }

    private async Task<BatchJobResult> RunAsync(BatchJobOptions options, params QuotaTarget[] targets)
    {
        await using BatchJob job = await BatchJob.OpenAsync(options, TestContext.Current.CancellationToken);
        await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = Pipeline(targets);
        return await DriveAsync(job, job.RunAsync(pipeline, CancellationToken.None, CancellationToken.None));
    }

    /// <summary>Lets time pass while the job runs: slowly while it works, at once to the end of a wait.</summary>
    private async Task<BatchJobResult> DriveAsync(BatchJob job, Task<BatchJobResult> running)
    {
        while (!running.IsCompleted)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            if (job.Counts.WaitsUntil is { } until && until > _time.GetUtcNow())
            {
                _time.SetUtcNow(until);
            }

            await PassAsync();
        }

        return await running;
    }

    private async Task<BatchJobCounts> UntilItWaitsAsync(BatchJob job, Task<BatchJobResult> running)
    {
        while (job.Counts.WaitsUntil is null)
        {
            Assert.False(running.IsCompleted);
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await PassAsync();
        }

        return job.Counts;
    }

    private async Task PassAsync()
    {
        _time.Advance(TimeSpan.FromMilliseconds(50));
        for (int turn = 0; turn < 50; turn++)
        {
            await Task.Yield();
        }
    }

    private void AssertOnce(int count)
    {
        string?[] ids = JobRun.Ids(_directory["in.results.jsonl"]);
        Assert.Equal(count, ids.Length);
        Assert.Equal(count, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.False(File.Exists(_directory["in.errors.jsonl"]));
    }
}
