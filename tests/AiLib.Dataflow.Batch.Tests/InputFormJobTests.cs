using System.Text;
using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Batch.Tests;

/// <summary>A job stopped half-way and run again, over every form of input.</summary>
public sealed class InputFormJobTests : IDisposable
{
    private const int Count = 300;

    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("in.jsonl", "r")]
    [InlineData("in.jsonl.gz", "r")]
    [InlineData("in.jsonl.zst", "r")]
    [InlineData("bare.jsonl", "line-")]
    [InlineData("in.csv", "row-")]
    [InlineData("in.csv.zst", "row-")]
    [InlineData("in.parquet", "row-")]
    public async Task Stopped_and_run_again_there_is_one_line_for_each_request(string name, string prefix)
    {
        BatchJobOptions job = await JobAsync(name);
        using CancellationTokenSource stop = new();
        _run.Before = id =>
        {
            if (_run.Calls.Count >= 100)
            {
                stop.Cancel();
            }

            return Task.CompletedTask;
        };

        BatchJobResult stopped = await _run.RunAsync(job, stop: stop.Token);
        int written = JobRun.Ids(_directory["out.jsonl"]).Length;
        BatchJobResult finished = await _run.RunAsync(job);
        int calls = _run.Calls.Count;
        byte[] bytes = await File.ReadAllBytesAsync(_directory["out.jsonl"]);
        await _run.RunAsync(job);

        Assert.Equal((BatchJobEnd.Interrupted, BatchJobEnd.Completed), (stopped.End, finished.End));
        Assert.InRange(written, 1, Count - 1);
        Assert.Equal(Count - written, calls);
        Assert.Empty(_run.Calls);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_directory["out.jsonl"]));
        Same.Names(
            Enumerable.Range(1, Count).Select(number => $"{prefix}{number}").Order(StringComparer.Ordinal),
            JobRun.Ids(_directory["out.jsonl"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_cannot_be_meant_is_said_before_a_file_is_made()
    {
        BatchJobOptions job = (await JobAsync("in.csv")) with { Input = new BatchInputOptions { Prompt = "{nothing}" } };

        await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(job));

        Assert.Single(Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public async Task Requests_from_a_stream_are_answered_and_it_is_left_open()
    {
        MemoryStream requests = new(Encoding.UTF8.GetBytes(Requests.Lines(20)));

        BatchJobResult result = await _run.RunAsync(new BatchJobOptions { InputPath = _directory["stdin"], InputStream = requests });

        Assert.Equal((BatchJobEnd.Completed, 20L), (result.End, result.Counts.Answered));
        Assert.True(requests.CanRead);
    }

    [Fact]
    public async Task A_compressed_input_that_was_cut_off_stops_the_job_and_goes_on_when_it_is_whole()
    {
        BatchJobOptions job = await JobAsync("in.jsonl.zst");
        byte[] whole = await File.ReadAllBytesAsync(job.InputPath);
        await File.WriteAllBytesAsync(job.InputPath, whole[..^10]);

        BatchJobResult stopped = await _run.RunAsync(job);
        await File.WriteAllBytesAsync(job.InputPath, whole);
        BatchJobResult finished = await _run.RunAsync(job);

        Assert.Equal(BatchJobEnd.StoppedEarly, stopped.End);
        Assert.Contains("damaged or cut off", stopped.Reason, StringComparison.Ordinal);
        Assert.Equal(BatchJobEnd.Completed, finished.End);
        Assert.Equal(Count, JobRun.Ids(_directory["out.jsonl"]).Distinct(StringComparer.Ordinal).Count());
    }

    private async Task<BatchJobOptions> JobAsync(string name)
    {
        string[] ids = [.. Enumerable.Range(1, Count).Select(number => $"r{number}")];
        string path = _directory[name];
        string csv = "n,text\n" + string.Concat(ids.Select((id, index) => $"{index},\"{id}\"\n"));
        string bare = string.Concat(ids.Select(id => $$"""{"messages":[{"role":"user","content":"{{id}}"}]}""" + "\n"));
        byte[] content = Encoding.UTF8.GetBytes(name.StartsWith("bare", StringComparison.Ordinal) ? bare
            : name.Contains(".csv", StringComparison.Ordinal) ? csv
            : Requests.Lines(Count));
        if (name.EndsWith(".parquet", StringComparison.Ordinal))
        {
            await ParquetFile.WriteAsync(path, ids, rowsInGroup: 70);
        }
        else
        {
            await File.WriteAllBytesAsync(path, Path.GetExtension(name) switch
            {
                ".gz" => Input.CompressedTests.Compress("gzip", content),
                ".zst" => Input.CompressedTests.Compress("zstd", content),
                _ => content,
            });
        }

        bool isTable = name.Contains(".csv", StringComparison.Ordinal) || name.Contains(".parquet", StringComparison.Ordinal);
        return new BatchJobOptions
        {
            InputPath = path,
            ResultsPath = _directory["out.jsonl"],
            ErrorsPath = _directory["errors.jsonl"],
            Input = isTable ? new BatchInputOptions { Prompt = "{text}" } : new BatchInputOptions(),
        };
    }
}
