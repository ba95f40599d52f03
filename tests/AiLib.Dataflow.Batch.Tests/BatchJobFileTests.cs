using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests;

public sealed class BatchJobFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_second_run_on_the_same_output_is_refused_at_once()
    {
        BatchJobOptions job = Job();
        await using BatchJob first = await BatchJob.OpenAsync(job);

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => BatchJob.OpenAsync(job));

        Assert.Contains("another run", refused.Message, StringComparison.Ordinal);
        Assert.Contains("in.results.jsonl", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fresh_start_does_not_move_a_file_away_that_another_run_writes()
    {
        BatchJobOptions job = Job();
        await using BatchJob first = await BatchJob.OpenAsync(job);

        await Assert.ThrowsAsync<ConfigurationException>(() => BatchJob.OpenAsync(job with { Fresh = true }));

        Same.Names(["in.jsonl", "in.results.jsonl", "in.results.jsonl.job"], Directory.GetFiles(_directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Output_files_are_for_their_owner_only()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are of Unix.");
        _run.Answer = static id => id == "r1" ? JobRun.Http(ProviderErrorCode.InvalidRequest, 400) : JobRun.Ok(id);

        await _run.RunAsync(Job());

        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.All(["in.results.jsonl", "in.errors.jsonl"], name => Assert.Equal(OwnerOnly, new FileInfo(_directory[name]).UnixFileMode));
    }

    [Fact]
    public async Task A_full_disk_at_any_byte_ends_the_run_and_the_next_one_completes_it()
    {
        long all = 0;
        for (long capacity = 0; capacity <= all + 53; capacity += 53)
        {
            using TemporaryDirectory directory = new();
            BatchJobOptions job = new() { InputPath = directory.Write("in.jsonl", Requests.Lines(5) + "nonsense\n" + Requests.Lines(1)) };

            BatchJobResult failed = await _run.RunAsync(job, files: new FaultyFileSystem(capacity) { CanCut = capacity % 2 == 0 });
            int calls = _run.Calls.Count;
            int written = JobRun.WholeIds(directory["in.results.jsonl"]).Length;
            BatchJobResult finished = await _run.RunAsync(job);

            all = new[] { "in.results.jsonl", "in.errors.jsonl" }.Sum(name => new FileInfo(directory[name]).Length);
            Assert.Equal(capacity < all ? BatchJobEnd.StoppedEarly : BatchJobEnd.Completed, failed.End);
            Assert.Equal(capacity < all, failed.Reason?.Contains("No space left on device", StringComparison.Ordinal) == true);
            Assert.InRange(failed.Counts.Answered, 0, written);
            Assert.InRange(written, 0, calls);
            Assert.Equal(BatchJobEnd.Completed, finished.End);
            Assert.Equal(5 - written, _run.Calls.Count);
            Same.Names(["r1", "r2", "r3", "r4", "r5"], JobRun.Ids(directory["in.results.jsonl"]).Order(StringComparer.Ordinal));
            Same.Names([null, "r1"], JobRun.Ids(directory["in.errors.jsonl"]).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task A_full_disk_does_not_wait_for_an_answer_that_does_not_come()
    {
        BatchJobOptions job = Job();
        TaskCompletionSource never = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _run.Before = id => id == "r1" ? Task.CompletedTask : never.Task;

        BatchJobResult failed = await _run.RunAsync(job, files: new FaultyFileSystem(10)).WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal((BatchJobEnd.StoppedEarly, 0L), (failed.End, failed.Counts.Answered));
        Assert.Contains("No space left on device", failed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_does_not_keep_what_it_was_given_ends_the_run_and_nothing_is_counted()
    {
        BatchJobOptions job = Job();
        FaultyFileSystem files = new(long.MaxValue) { CanCut = true };
        _run.Before = _ =>
        {
            files.CannotSync = true;
            return Task.CompletedTask;
        };

        BatchJobResult failed = await _run.RunAsync(job, files: files);
        string left = await File.ReadAllTextAsync(_directory["in.results.jsonl"]);
        _run.Before = static _ => Task.CompletedTask;
        BatchJobResult finished = await _run.RunAsync(job);

        Assert.Equal((BatchJobEnd.StoppedEarly, 0L, ""), (failed.End, failed.Counts.Answered, left));
        Assert.Contains("Input/output error", failed.Reason, StringComparison.Ordinal);
        Assert.Equal((BatchJobEnd.Completed, 5L), (finished.End, finished.Counts.Answered));
    }

    [Fact]
    public void A_file_that_cannot_be_forced_to_the_disk_is_noticed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no such device elsewhere.");
        DiskSync.Directory(_directory.Path);
        using Stream file = DiskFileSystem.Instance.OpenExclusive(_directory["x"]);
        file.Write("x"u8);
        DiskFileSystem.Instance.Sync(file);
        DiskFileSystem.Instance.SyncDirectoryOf(_directory["x"]);

        // What has no disk behind it says so.
        using FileStream zero = File.OpenRead("/dev/zero");
        IOException error = Assert.Throws<IOException>(() => DiskSync.File(zero.SafeFileHandle));
        Assert.Contains("Invalid argument", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_counted_as_answered_is_in_the_file()
    {
        BatchJobOptions job = new() { InputPath = _directory.Write("in.jsonl", Requests.Lines(2_000)) };
        FaultyFileSystem files = new(long.MaxValue);
        await using BatchJob running = await BatchJob.OpenAsync(job, files, CancellationToken.None);
        await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = _run.Pipeline();
        Task<BatchJobResult> run = running.RunAsync(pipeline);

        while (!run.IsCompleted)
        {
            long counted = running.Counts.Answered;
            Assert.InRange(files.Lines, counted, 2_000);
            await Task.Yield();
        }

        Assert.Equal(2_000, (await run).Counts.Answered);
    }

    [Fact]
    public async Task An_answer_is_written_before_the_next_one_is_waited_for()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _run.Before = id => id == "r5" ? gate.Task : Task.CompletedTask;
        FaultyFileSystem files = new(long.MaxValue);
        await using BatchJob running = await BatchJob.OpenAsync(Job(), files, CancellationToken.None);
        await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = _run.Pipeline();
        Task<BatchJobResult> run = running.RunAsync(pipeline);

        for (int looks = 0; running.Counts.Answered < 4; looks++)
        {
            Assert.InRange(looks, 0, 1_000);
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal(4, files.Lines);
        gate.SetResult();
        Assert.Equal(BatchJobEnd.Completed, (await run).End);
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_the_paths_is_said_at_once()
    {
        BatchJobOptions job = new() { InputPath = _directory["missing.jsonl"], ResultsPath = _directory.Path, ErrorsPath = _directory["nowhere/errors.jsonl"] };

        ConfigurationException wrong = await Assert.ThrowsAsync<ConfigurationException>(() => BatchJob.OpenAsync(job));

        Assert.Equal(3, wrong.Errors.Count);
    }

    [Theory]
    [InlineData("in.jsonl", null)]
    [InlineData(null, "in.jsonl")]
    [InlineData("same.jsonl", "same.jsonl")]
    [InlineData("./x/../in.jsonl", null)]
    public async Task Two_of_the_files_cannot_be_the_same(string? results, string? errors)
    {
        BatchJobOptions job = Job() with
        {
            ResultsPath = results is null ? null : _directory[results],
            ErrorsPath = errors is null ? null : _directory[errors],
        };

        ConfigurationException wrong = await Assert.ThrowsAsync<ConfigurationException>(() => BatchJob.OpenAsync(job));

        Assert.Contains("same file", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_is_a_link_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        string target = _directory.Write("elsewhere.jsonl", "");
        File.CreateSymbolicLink(_directory["in.results.jsonl"], target);

        await Assert.ThrowsAsync<ConfigurationException>(() => BatchJob.OpenAsync(Job()));
    }

    [Fact]
    public async Task A_file_of_somebody_else_is_refused_and_left_alone()
    {
        _directory.Write("in.results.jsonl", "my notes\n");

        await Assert.ThrowsAsync<ConfigurationException>(() => BatchJob.OpenAsync(Job()));

        Assert.Equal("my notes\n", await File.ReadAllTextAsync(_directory["in.results.jsonl"]));
    }

    private BatchJobOptions Job() => new() { InputPath = _directory.Write("in.jsonl", Requests.Lines(5)) };
}
