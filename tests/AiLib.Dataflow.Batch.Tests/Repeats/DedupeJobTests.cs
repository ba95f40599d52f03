using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Batch.Repeats;
using AiLib.Dataflow.Batch.Spend;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Repeats;

public sealed class DedupeJobTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new();

    private string Results => _directory["in.results.jsonl"];

    private string Errors => _directory["in.errors.jsonl"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Equal_requests_are_sent_once_and_answered_each()
    {
        BatchJobOptions job = Job(string.Concat(Enumerable.Range(1, 300).Select(number => Line($"r{number}", $"q{number % 10}"))));

        BatchJobResult result = await _run.RunAsync(job);
        int calls = _run.Calls.Count;
        byte[] bytes = await File.ReadAllBytesAsync(Results);
        BatchJobResult again = await _run.RunAsync(job);

        Assert.Equal((BatchJobEnd.Completed, 300L, 10), (result.End, result.Counts.Answered, calls));
        Assert.Equal((BatchJobEnd.Completed, 300L, 0), (again.End, again.Counts.AlreadyDone, _run.Calls.Count));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Results));
        AssertAnswers(300, number => $"q{number % 10}");
    }

    [Fact]
    public async Task Followers_of_a_request_that_failed_fail_like_it()
    {
        _run.Answer = id => id == "q1" ? JobRun.Http(ProviderErrorCode.InvalidRequest, 400) : JobRun.Ok(id);
        BatchJobOptions job = Job(string.Concat(Enumerable.Range(1, 9).Select(number => Line($"r{number}", $"q{number % 3}"))));

        BatchJobResult result = await _run.RunAsync(job);
        _run.Answer = JobRun.Ok;
        BatchJobResult retried = await _run.RunAsync(job with { RetryErrors = true });

        Assert.Equal((6L, 3L), (result.Counts.Answered, result.Counts.Failed));
        Assert.Equal((BatchJobEnd.Completed, 3L, 1), (retried.End, retried.Counts.Answered, _run.Calls.Count));
        AssertAnswers(9, number => $"q{number % 3}");
        Assert.False(File.Exists(Errors));
    }

    [Fact]
    public async Task A_second_line_with_an_id_leads_nobody()
    {
        // The second line is no request, whatever it asks; the third is the first that asks q2.
        BatchJobOptions job = Job(Line("r1", "q1") + Line("r1", "q2") + Line("r2", "q2") + Line("r3", "q2") + Line("r2", "q1"));

        BatchJobResult result = await _run.RunAsync(job);

        Assert.Equal((3L, 2L), (result.Counts.Answered, result.Counts.BadLines));
        AssertAnswers(3, number => number == 1 ? "q1" : "q2");
    }

    [Fact]
    public async Task A_full_disk_at_any_byte_ends_the_run_and_the_next_one_completes_it()
    {
        string lines = string.Concat(Enumerable.Range(1, 12).Select(number => Line($"r{number}", $"q{number % 4}"))) + "nonsense\n";
        long all = 0;
        for (long capacity = 0; capacity <= all + 41; capacity += 41)
        {
            using TemporaryDirectory directory = new();
            BatchJobOptions job = new() { InputPath = directory.Write("in.jsonl", lines), Dedupe = true };
            _run.Answer = static id => id == "q3" ? JobRun.Http(ProviderErrorCode.InvalidRequest, 400) : JobRun.Ok(id);

            BatchJobResult failed = await _run.RunAsync(job, files: new FaultyFileSystem(capacity) { CanCut = capacity % 2 == 0 });
            int calls = _run.Calls.Count;
            BatchJobResult finished = await _run.RunAsync(job);

            all = new[] { "in.results.jsonl", "in.errors.jsonl" }.Sum(name => new FileInfo(directory[name]).Length);
            Assert.Equal(capacity < all ? BatchJobEnd.StoppedEarly : BatchJobEnd.Completed, failed.End);
            Assert.Equal(BatchJobEnd.Completed, finished.End);
            Assert.InRange(calls, 0, 4);
            Assert.InRange(_run.Calls.Count, 0, 4);
            Same.Names(
                Enumerable.Range(1, 12).Where(number => number % 4 != 3).Select(number => $"r{number}").Order(StringComparer.Ordinal),
                JobRun.Ids(directory["in.results.jsonl"]).Order(StringComparer.Ordinal));
            Same.Names([null, "r11", "r3", "r7"], JobRun.Ids(directory["in.errors.jsonl"]).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Stopped_while_leaders_are_asked_the_next_run_answers_all()
    {
        BatchJobOptions job = Job(string.Concat(Enumerable.Range(1, 400).Select(number => Line($"r{number}", $"q{number % 100}"))));
        using CancellationTokenSource stop = new();
        _run.Before = id =>
        {
            if (_run.Calls.Count >= 50)
            {
                stop.Cancel();
            }

            return Task.CompletedTask;
        };

        BatchJobResult stopped = await _run.RunAsync(job, stop: stop.Token);
        int calls = _run.Calls.Count;
        BatchJobResult finished = await _run.RunAsync(job);

        Assert.Equal((BatchJobEnd.Interrupted, BatchJobEnd.Completed), (stopped.End, finished.End));
        Assert.Equal(100, calls + _run.Calls.Count);
        AssertAnswers(400, number => $"q{number % 100}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task So_many_leaders_at_a_time_as_fit(int window)
    {
        BatchJobOptions job = Job(string.Concat(Enumerable.Range(1, 40).Select(number => Line($"r{number}", $"q{number % 8}"))));
        await _run.RunAsync(job with { Dedupe = false, Input = new BatchInputOptions { Limit = 8 } });
        using JobFiles files = await JobFiles.OpenAsync(job, DiskFileSystem.Instance, CancellationToken.None);
        using OutputLine line = new();
        using LeaderLedger ledger = new(files.NewLedger());
        JobTally tally = new(0, 0, new SpendMeter(job.Prices, before: 0, Providers.Estimates.CheapTokenEstimator.Instance));
        await foreach (BatchLine read in BatchInput.ReadAsync(files.Input, job, files.Ledger, places: null))
        {
            ledger.IsFollower(read.Request!, read.IsDone);
        }

        await new FollowerPass(job, files, ledger, tally, line).RunAsync(window, CancellationToken.None);

        files.Dispose();
        Assert.Equal(32, tally.Read().Answered);
        AssertAnswers(40, number => $"q{number % 8}");
    }

    [Fact]
    public async Task In_order_or_on_a_stream_it_is_refused()
    {
        BatchJobOptions job = Job(Line("r1", "q1"));

        await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(job with { Ordered = true }));
        await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(job with { ResultsStream = new MemoryStream() }));
    }

    [Fact]
    public async Task A_plan_counts_equal_requests_once() =>
        Assert.Equal(2, (await BatchJob.PlanAsync(Job(Line("r1", "q1") + Line("r2", "q1") + Line("r3", "q2")))).Requests);

    private static string Line(string customId, string question) =>
        Requests.Line(customId).Replace($"\"content\":\"{customId}\"", $"\"content\":\"{question}\"", StringComparison.Ordinal) + "\n";

    private BatchJobOptions Job(string lines) => new() { InputPath = _directory.Write("in.jsonl", lines), Dedupe = true };

    private void AssertAnswers(int count, Func<int, string> question)
    {
        string[] lines = File.ReadAllLines(Results);
        Same.Names(Enumerable.Range(1, count).Select(number => $"r{number}").Order(StringComparer.Ordinal), JobRun.Ids(Results).Order(StringComparer.Ordinal));
        Assert.All(Enumerable.Range(1, count), number =>
            Assert.Contains($"\"echo\":\"{question(number)}\"", lines.Single(line => line.Contains($"\"custom_id\":\"r{number}\"", StringComparison.Ordinal)), StringComparison.Ordinal));
    }
}
