using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Tests;

/// <summary>Jobs whose ids leave memory all the time.</summary>
public sealed class LedgerFileJobTests : IDisposable
{
    private const int Lines = 400;

    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new();

    private string Results => _directory["in.results.jsonl"];

    private string Errors => _directory["in.errors.jsonl"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_job_asks_for_each_line_once_over_any_number_of_runs(bool isDedupe)
    {
        // Every seventh line has the id of an earlier one, and is an error of its own each time.
        BatchJobOptions job = Job(number => number % 7 == 0 ? number - 5 : number) with { IdsInMemory = 5, Dedupe = isDedupe };

        List<string> calls = [];
        foreach (int limit in (int[])[90, 91, 250, Lines, Lines])
        {
            await _run.RunAsync(job with { Input = new BatchInputOptions { Limit = limit } });
            calls.AddRange(_run.Calls);
        }

        string[] asked = [.. Enumerable.Range(1, Lines).Where(static number => number % 7 != 0).Select(static number => $"r{number}")];
        Assert.Equal(asked.Order(StringComparer.Ordinal), calls.Order(StringComparer.Ordinal));
        Assert.Equal(asked.Order(StringComparer.Ordinal), JobRun.Ids(Results).Order(StringComparer.Ordinal));
        Assert.Equal(Lines / 7, JobRun.Ids(Errors).Length);
        string?[] left = [.. Directory.EnumerateFiles(_directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)];
        Assert.Equal("in.errors.jsonl in.jsonl in.results.jsonl in.results.jsonl.job", string.Join(' ', left));
    }

    [Fact]
    public async Task Followers_are_found_again_among_ids_that_have_left_memory()
    {
        BatchJobOptions job = Job(static number => number, static number => number % 100) with { IdsInMemory = 5, Dedupe = true };

        BatchJobResult result = await _run.RunAsync(job);

        Assert.Equal((BatchJobEnd.Completed, (long)Lines, 100), (result.End, result.Counts.Answered, _run.Calls.Count));
        Assert.Equal(Lines, JobRun.Ids(Results).ToHashSet(StringComparer.Ordinal).Count);
    }

    [Fact]
    public async Task Where_the_file_cannot_be_made_the_job_goes_on_and_says_so()
    {
        IdFiles files = new() { Open = static () => throw new UnauthorizedAccessException("Access to the path is denied.") };
        BatchJobOptions job = Job(static number => number) with { IdsInMemory = 5 };

        await _run.RunAsync(job, files);
        int answered = JobRun.Ids(Results).Length;
        await using BatchJob second = await BatchJob.OpenAsync(job, files, CancellationToken.None);

        Assert.Equal(Lines, answered);
        Assert.Contains("Access to the path is denied.", Assert.Single(second.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_forgets_stops_the_job_before_a_line_is_sent_twice()
    {
        BatchJobOptions job = Job(static number => number) with { IdsInMemory = 5 };
        await _run.RunAsync(job with { Input = new BatchInputOptions { Limit = 200 } });
        IdFile file = new();
        IdFiles files = new() { Open = () => file };
        _run.Calls.Clear();

        await using BatchJob second = await BatchJob.OpenAsync(job, files, CancellationToken.None);
        file.Lose(0, (int)file.Length);
        await using RequestPipeline<BatchRequest, Providers.ProviderResponse> pipeline = _run.Pipeline();
        BatchJobResult result = await second.RunAsync(pipeline);

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
        Assert.Contains("ids of this job", result.Reason, StringComparison.Ordinal);
        Assert.Empty(_run.Calls);
    }

    [Fact]
    public async Task A_plan_leaves_the_directories_of_the_user_alone()
    {
        BatchJobOptions job = Job(static number => number) with { IdsInMemory = 5 };
        await _run.RunAsync(job with { Input = new BatchInputOptions { Limit = 200 } });
        List<string> near = [];
        IdFiles files = new() { OnOpen = near.Add };

        using (await JobFiles.LookAsync(job, files, CancellationToken.None))
        {
        }

        Assert.Equal(Path.GetTempPath().TrimEnd(Path.DirectorySeparatorChar), Path.GetDirectoryName(Assert.Single(near)));
    }

    [Fact]
    public void The_file_has_no_name_and_is_the_owners_alone()
    {
        using Stream stream = DiskFileSystem.Instance.OpenTemporary(_directory["x.ids"]);

        stream.Write("abc"u8);
        stream.Position = 1;

        Assert.Equal('b', stream.ReadByte());
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(((FileStream)stream).SafeFileHandle));
    }

    private BatchJobOptions Job(Func<int, int> idOf, Func<int, int>? contentOf = null)
    {
        string lines = string.Concat(Enumerable.Range(1, Lines).Select(number =>
        {
            string line = Requests.Line($"r{(contentOf ?? (static content => content))(number)}");
            return $"{{\"custom_id\":\"r{idOf(number)}\"{line[line.IndexOf(',', StringComparison.Ordinal)..]}\n";
        }));
        return new BatchJobOptions { InputPath = _directory.Write("in.jsonl", lines) };
    }

    /// <summary>The disk, but for the files of ledgers.</summary>
    private sealed class IdFiles : IFileSystem
    {
        public Func<Stream> Open { get; init; } = static () => new IdFile();

        public Action<string> OnOpen { get; init; } = static _ => { };

        public Stream OpenTemporary(string near)
        {
            OnOpen(near);
            return Open();
        }

        public bool Exists(string path) => DiskFileSystem.Instance.Exists(path);

        public long LengthOf(string path) => DiskFileSystem.Instance.LengthOf(path);

        public Stream OpenRead(string path) => DiskFileSystem.Instance.OpenRead(path);

        public Stream OpenExclusive(string path) => DiskFileSystem.Instance.OpenExclusive(path);

        public void Sync(Stream stream) => DiskFileSystem.Instance.Sync(stream);

        public void SyncDirectoryOf(string path) => DiskFileSystem.Instance.SyncDirectoryOf(path);

        public void Move(string from, string to, bool overwrite) => DiskFileSystem.Instance.Move(from, to, overwrite);

        public void Delete(string path) => DiskFileSystem.Instance.Delete(path);
    }
}
