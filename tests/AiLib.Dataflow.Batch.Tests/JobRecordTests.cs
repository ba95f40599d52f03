using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests;

/// <summary>What happens when a job goes on under other circumstances than those it began with: never a silent mix.</summary>
public sealed class JobRecordTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new();

    private string Record => _directory["in.results.jsonl.job"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_finished_job_run_again_makes_no_call_and_changes_no_byte()
    {
        _run.Answer = static id => id == "r2" ? JobRun.Http(ProviderErrorCode.InvalidRequest, 400) : JobRun.Ok(id);
        await _run.RunAsync(Job());
        Dictionary<string, string> before = Contents();

        BatchJobResult again = await _run.RunAsync(Options());

        Assert.Equal((BatchJobEnd.Completed, 0), (again.End, _run.Calls.Count));
        Assert.Equal(before, Contents());
        Assert.Equal(4, before.Count);
    }

    [Fact]
    public async Task It_says_how_far_the_job_is()
    {
        await _run.RunAsync(Job());

        string record = await File.ReadAllTextAsync(Record);
        Assert.Contains("\"state\": \"completed\",\n  \"results\": 3,\n  \"errors\": 0", record, StringComparison.Ordinal);
        Assert.Contains("\"format\": 1", record, StringComparison.Ordinal);
        Assert.False(File.Exists(Record + ".new"));
    }

    [Fact]
    public async Task Another_input_is_refused_and_the_difference_named()
    {
        await _run.RunAsync(Job());
        _directory.Write("in.jsonl", Requests.Lines(4));

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(Options()));

        Assert.Contains("the input had 387 bytes and now has 516", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--fresh", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_run.Calls);
    }

    [Fact]
    public async Task An_input_of_the_same_length_with_other_contents_is_refused()
    {
        await _run.RunAsync(Job());
        _directory.Write("in.jsonl", Requests.Lines(3).Replace("\"m\"", "\"n\"", StringComparison.Ordinal));

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(Options()));

        Assert.Contains("as many bytes as before, but others", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_lines_in_another_order_are_another_input()
    {
        await _run.RunAsync(Job());
        _directory.Write("in.jsonl", string.Concat(Requests.Lines(3).Split('\n', StringSplitOptions.RemoveEmptyEntries).Reverse().Select(line => line + "\n")));

        await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(Options()));
    }

    [Theory]
    [InlineData("--target", "a/model", "--target", "a/other", "--target was 'a/model' and is now 'a/other'")]
    [InlineData("--target", "a", "--base-url", "x", "--base-url was not given and is now 'x'; --target was 'a' and is now not given")]
    public async Task Other_settings_are_refused_and_the_difference_named(string name, string value, string nextName, string nextValue, string said)
    {
        await _run.RunAsync(Job() with { Settings = Settings(name, value) });

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(Job() with { Settings = Settings(nextName, nextValue) }));
        ConfigurationException planned = await Assert.ThrowsAsync<ConfigurationException>(() => BatchJob.PlanAsync(Job() with { Settings = Settings(nextName, nextValue) }));

        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.Contains(said, planned.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_job_changes_nothing()
    {
        await _run.RunAsync(Job());
        await File.AppendAllTextAsync(_directory["in.results.jsonl"], "{\"id\":\"batch_req_torn");
        Dictionary<string, string> before = Contents();

        await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(Options() with { Settings = Settings("--target", "other") }));

        Assert.Equal(before, Contents());
    }

    [Fact]
    public async Task Changes_can_be_accepted_and_hold_from_then_on()
    {
        await _run.RunAsync(Job());
        _directory.Write("in.jsonl", Requests.Lines(5));

        BatchJobResult accepted = await _run.RunAsync(Options() with { AcceptChanges = true });
        string?[] calls = [.. _run.Calls];
        await _run.RunAsync(Options());

        Assert.Equal(BatchJobEnd.Completed, accepted.End);
        Same.Names(["r4", "r5"], calls.Order(StringComparer.Ordinal));
        Assert.Empty(_run.Calls);
    }

    [Fact]
    public async Task A_fresh_start_moves_the_record_aside_with_the_results()
    {
        await _run.RunAsync(Job());
        string before = await File.ReadAllTextAsync(Record);

        await _run.RunAsync(Job() with { Fresh = true, Settings = Settings("--target", "other") });

        Assert.Equal(3, _run.Calls.Count);
        Assert.Equal(before, await File.ReadAllTextAsync(Record + ".1"));
        Assert.Equal(3, JobRun.Ids(_directory["in.results.jsonl.1"]).Length);
    }

    [Fact]
    public async Task Where_nothing_is_answered_yet_nothing_can_be_mixed()
    {
        _run.Answer = static _ => JobRun.Http(ProviderErrorCode.Authentication, 401);
        BatchJobResult stopped = await _run.RunAsync(Job() with { Settings = Settings("--target", "wrong") });
        _run.Answer = JobRun.Ok;

        BatchJobResult finished = await _run.RunAsync(Job() with { Settings = Settings("--target", "right") });

        Assert.Equal((BatchJobEnd.StoppedEarly, BatchJobEnd.Completed), (stopped.End, finished.End));
    }

    [Fact]
    public async Task Results_without_a_record_are_continued_and_a_note_says_so()
    {
        await _run.RunAsync(Job());
        File.Delete(Record);

        await using BatchJob job = await BatchJob.OpenAsync(Job());

        Assert.Contains(job.Notes, note => note.Contains("in.results.jsonl.job' is not there", StringComparison.Ordinal));
        Assert.True(File.Exists(Record));
    }

    [Fact]
    public async Task A_record_without_results_starts_the_job_again()
    {
        await _run.RunAsync(Job());
        File.Delete(_directory["in.results.jsonl"]);

        await _run.RunAsync(Job());

        Assert.Equal(3, _run.Calls.Count);
    }

    [Theory]
    [InlineData("", "damaged")]
    [InlineData("{}", "damaged")]
    [InlineData("{\"format\":1,\"input\":", "damaged")]
    [InlineData("{\"format\":1,\"input\":3,\"settings\":{},\"state\":\"\",\"results\":0,\"errors\":0}", "damaged")]
    [InlineData("{\"format\":2}", "format 2")]
    public async Task A_record_that_cannot_be_read_is_refused(string content, string said)
    {
        await _run.RunAsync(Job());
        await File.WriteAllTextAsync(Record, content);

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(Job()));

        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_of_format_1_is_continued()
    {
        _directory.Write("in.jsonl", Requests.Lines(2));
        string line = """{"id":"batch_req_ID","custom_id":"r1","response":{"status_code":200,"request_id":"","body":{}},"error":null}""";
        _directory.Write("in.results.jsonl", line.Replace("batch_req_ID", Requests.Request("r1").Id.ToString(), StringComparison.Ordinal) + "\n");
        File.WriteAllText(Record, """
            {"format":1,"input":{"bytes":258,"sha256":"SHA"},"settings":{},"state":"running","results":0,"errors":0}
            """.Replace("SHA", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(_directory["in.jsonl"]))), StringComparison.Ordinal));

        await _run.RunAsync(Options());

        Same.Names(["r2"], _run.Calls);
    }

    private static Dictionary<string, string> Settings(string name, string value) => new(StringComparer.Ordinal) { [name] = value };

    private BatchJobOptions Job()
    {
        _directory.Write("in.jsonl", Requests.Lines(3));
        return Options();
    }

    private BatchJobOptions Options() => new() { InputPath = _directory["in.jsonl"] };

    private Dictionary<string, string> Contents() =>
        Directory.GetFiles(_directory.Path).ToDictionary(
            path => Path.GetFileName(path), path => File.ReadAllText(path) + File.GetLastWriteTimeUtc(path).Ticks, StringComparer.Ordinal);
}
