using System.IO.Compression;
using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Tests;

/// <summary>An input that does not stay as it was while a job reads it: S-25 of docs/security.md.</summary>
public sealed class InputChangeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new();

    private string Input => _directory["in.jsonl"];

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string> Changes() => [.. Changing.Keys];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_while_the_job_runs_is_noticed_at_its_end(string change)
    {
        _directory.Write("in.jsonl", Requests.Lines(40));
        _run.Before = OnFirst(() => Changing[change](Input));

        BatchJobResult result = await _run.RunAsync(Options());

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
        Assert.Contains("changed while the job ran", result.Reason, StringComparison.Ordinal);
        Assert.Contains("\"state\": \"stopped\"", await File.ReadAllTextAsync(_directory["in.results.jsonl.job"]), StringComparison.Ordinal);
        Assert.NotEmpty(JobRun.Ids(_directory["in.results.jsonl"]));

        // And it is no job that can be continued by mistake.
        await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(Options()));
    }

    [Fact]
    public async Task An_input_that_is_put_back_as_it_was_completes_the_job()
    {
        _directory.Write("in.jsonl", Requests.Lines(40));
        _run.Before = OnFirst(() => File.AppendAllText(Input, "\n"));
        BatchJobResult stopped = await _run.RunAsync(Options());
        _run.Before = static _ => Task.CompletedTask;

        _directory.Write("in.jsonl", Requests.Lines(40));
        BatchJobResult result = await _run.RunAsync(Options());

        Assert.Equal(BatchJobEnd.StoppedEarly, stopped.End);
        Assert.Equal((BatchJobEnd.Completed, 40), (result.End, JobRun.Ids(_directory["in.results.jsonl"]).Length));
    }

    [Fact]
    public async Task What_was_added_meanwhile_is_answered_when_it_is_accepted()
    {
        _directory.Write("in.jsonl", Requests.Lines(40));
        _run.Before = OnFirst(() => File.AppendAllText(Input, Requests.Line("late") + "\n"));
        await _run.RunAsync(Options());
        _run.Before = static _ => Task.CompletedTask;

        BatchJobResult result = await _run.RunAsync(Options() with { AcceptChanges = true });

        Assert.Equal(BatchJobEnd.Completed, result.End);
        Same.Names(Enumerable.Range(1, 40).Select(number => $"r{number}").Append("late").Order(StringComparer.Ordinal), JobRun.Ids(_directory["in.results.jsonl"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task It_is_noticed_also_when_answers_go_to_a_stream()
    {
        _directory.Write("in.jsonl", Requests.Lines(40));
        _run.Before = OnFirst(() => File.AppendAllText(Input, "\n"));
        using MemoryStream results = new();

        BatchJobResult result = await _run.RunAsync(Options() with { ResultsStream = results });

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
    }

    [Fact]
    public async Task It_is_noticed_also_in_a_compressed_file()
    {
        string path = _directory["in.jsonl.gz"];
        await File.WriteAllBytesAsync(path, Gzip(Requests.Lines(40)));
        _run.Before = OnFirst(() => File.WriteAllBytes(path, Gzip(Requests.Lines(41))));

        BatchJobResult result = await _run.RunAsync(Options() with { InputPath = path });

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
    }

    [Fact]
    public async Task An_input_that_was_only_touched_copied_or_removed_is_what_it_was()
    {
        foreach (Action harmless in new Action[]
        {
            () => File.SetLastWriteTimeUtc(Input, DateTime.UnixEpoch),
            () => Replace(Input, File.ReadAllText(Input)),
            () => File.Delete(Input),
        })
        {
            _directory.Write("in.jsonl", Requests.Lines(40));
            _run.Before = OnFirst(harmless);

            BatchJobResult result = await _run.RunAsync(Options() with { Fresh = true });

            Assert.Equal((BatchJobEnd.Completed, 40L), (result.End, result.Counts.Answered));
        }
    }

    [Fact]
    public async Task A_byte_between_the_blocks_of_a_large_input_is_noticed_by_its_clock()
    {
        // Holes: nothing of it is on the disk.
        await using (FileStream file = File.Create(Input))
        {
            file.SetLength(1L << 30);
        }

        await using Stream input = DiskFileSystem.Instance.OpenRead(Input);
        InputWatch watch = await InputWatch.BeginAsync(input, Input, DiskFileSystem.Instance, CancellationToken.None);
        string? before = await watch.ChangeAsync();
        await using (FileStream file = new(Input, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = 100_000;
            file.WriteByte(1);
        }

        File.SetLastWriteTimeUtc(Input, DateTime.UtcNow.AddSeconds(1));
        Assert.Null(before);
        Assert.Equal("the input was written to", await watch.ChangeAsync());
    }

    private static readonly Dictionary<string, Action<string>> Changing = new(StringComparer.Ordinal)
    {
        ["a line more"] = static path => File.AppendAllText(path, Requests.Line("late") + "\n"),
        ["a byte more"] = static path => File.AppendAllText(path, "\n"),
        ["cut short"] = static path => File.WriteAllText(path, Requests.Lines(20)),
        ["emptied"] = static path => File.WriteAllText(path, ""),
        ["another letter"] = static path => File.WriteAllText(path, Requests.Lines(40).Replace("\"m\"", "\"n\"", StringComparison.Ordinal)),
        ["two lines exchanged"] = static path => File.WriteAllText(path, string.Concat(Requests.Lines(40).Split('\n', StringSplitOptions.RemoveEmptyEntries).Reverse().Select(line => line + "\n"))),
        ["another file under its name"] = static path => Replace(path, Requests.Lines(41)),
    };

    private static void Replace(string path, string contents)
    {
        File.WriteAllText(path + ".other", contents);
        File.Move(path + ".other", path, overwrite: true);
    }

    private static byte[] Gzip(string text)
    {
        using MemoryStream buffer = new();
        using (GZipStream zip = new(buffer, CompressionLevel.Fastest))
        {
            zip.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }

        return buffer.ToArray();
    }

    /// <summary>Something that happens once, when the first request is on its way.</summary>
    private static Func<string, Task> OnFirst(Action change)
    {
        int calls = 0;
        return _ =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                change();
            }

            return Task.CompletedTask;
        };
    }

    private BatchJobOptions Options() => new() { InputPath = Input };
}
