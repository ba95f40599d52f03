using System.Text;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests;

/// <summary>A job that is half done and finds its files otherwise than it left them: the outcome of each, and never a silent mix. The table is in docs/batch-format.md.</summary>
public sealed class ResumeTableTests : IDisposable
{
    private const string Results = "in.results.jsonl";
    private const string Errors = "in.errors.jsonl";
    private const string Record = "in.results.jsonl.job";
    private const string All = "r1 r2 r3 r4 r5 r6";

    // After four calls: answered r1, r3, r4; failed r2; left r5, r6.
    private const string Left = "r5 r6";

    private static readonly Dictionary<string, string> Model = new(StringComparer.Ordinal) { ["--target"] = "a/model" };

    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new() { MaxInflight = 1, Answer = static id => id == "r2" ? JobRun.Http(ProviderErrorCode.InvalidRequest, 400) : JobRun.Ok(id) };

    public void Dispose() => _directory.Dispose();

    /// <summary>What is done to the files, what the next run then asks for, and where a mix would be, what the refusal says.</summary>
    private static readonly Dictionary<string, Row> Rows = new(StringComparer.Ordinal)
    {
        ["nothing"] = new(static _ => { }, Left),

        // Another input.
        ["input: a line more"] = Row.Refused(static files => Append(files, "in.jsonl", Requests.Line("r7") + "\n"), "the input had 774 bytes and now has 903"),
        ["input: a line less"] = Row.Refused(static files => files.Write("in.jsonl", Requests.Lines(5)), "the input had 774 bytes and now has 645"),
        ["input: another letter"] = Row.Refused(static files => Edit(files, "in.jsonl", static text => text.Replace("\"m\"", "\"n\"", StringComparison.Ordinal)), "as many bytes as before, but others"),
        ["input: another order"] = Row.Refused(static files => Edit(files, "in.jsonl", Reversed), "as many bytes as before, but others"),
        ["input: CRLF for LF"] = Row.Refused(static files => Edit(files, "in.jsonl", static text => text.Replace("\n", "\r\n", StringComparison.Ordinal)), "now has 780"),
        ["input: a byte order mark"] = Row.Refused(static files => Edit(files, "in.jsonl", static text => "\uFEFF" + text), "now has 777"),
        ["input: no final newline"] = Row.Refused(static files => Edit(files, "in.jsonl", static text => text[..^1]), "now has 773"),
        ["input: gone"] = Row.Refused(static files => File.Delete(files["in.jsonl"]), "is not there"),
        ["input: empty"] = Row.Refused(static files => files.Write("in.jsonl", ""), "now has 0"),
        ["input: another order, accepted"] = new(static files => Edit(files, "in.jsonl", Reversed), "r6 r5") { Options = static job => job with { AcceptChanges = true } },
        ["input: an id twice, accepted"] = new(static files => Append(files, "in.jsonl", Requests.Line("r1") + "\n"), Left) { Options = static job => job with { AcceptChanges = true }, Errors = "r1 r2" },

        // Another question.
        ["settings: another model"] = Row.Refused(static _ => { }, "--target was 'a/model' and is now 'a/other'") with { Options = static job => job with { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["--target"] = "a/other" } } },
        ["settings: one more"] = Row.Refused(static _ => { }, "--base-url was not given and is now 'x'") with { Options = static job => job with { Settings = new Dictionary<string, string>(Model, StringComparer.Ordinal) { ["--base-url"] = "x" } } },
        ["settings: none"] = Row.Refused(static _ => { }, "--target was 'a/model' and is now not given") with { Options = static job => job with { Settings = new Dictionary<string, string>(StringComparer.Ordinal) } },

        // The job file.
        ["job file: gone"] = new(static files => File.Delete(files[Record]), Left) { Note = "is not there" },
        ["job file: damaged"] = Row.Refused(static files => files.Write(Record, "{"), "damaged"),
        ["job file: empty"] = Row.Refused(static files => files.Write(Record, ""), "damaged"),
        ["job file: NUL bytes"] = Row.Refused(static files => files.Write(Record, new string('\0', 200)), "damaged"),
        ["job file: far too long"] = Row.Refused(static files => files.Write(Record, new string(' ', 2 * 1024 * 1024) + "{}"), "damaged"),
        ["job file: numbers that no file has"] = Row.Refused(static files => Edit(files, Record, static text => text.Replace("\"results\": 3", "\"results\": 9223372036854775808", StringComparison.Ordinal)), "damaged"),
        ["job file: a link"] = Row.Refused(static files => { File.Move(files[Record], files["elsewhere"]); File.CreateSymbolicLink(files[Record], files["elsewhere"]); }, "symbolic link"),
        ["job file: of a later version"] = Row.Refused(static files => Edit(files, Record, static text => text.Replace("\"format\": 1", "\"format\": 2", StringComparison.Ordinal)), "format 2"),
        ["job file: says less than there is"] = new(static files => Edit(files, Record, static text => text.Replace("\"results\": 3", "\"results\": 1", StringComparison.Ordinal)), Left),
        ["job file: says completed"] = new(static files => Edit(files, Record, static text => text.Replace("stopped", "completed", StringComparison.Ordinal)), Left),
        ["job file: without results"] = new(static files => File.Delete(files[Results]), "r1 r3 r4 r5 r6"),
        ["job file: without results and errors"] = new(static files => Delete(files, Results, Errors), All),
        ["all of it gone"] = new(static files => Delete(files, Results, Errors, Record), All),

        // The results.
        ["results: empty"] = new(static files => files.Write(Results, ""), "r1 r3 r4 r5 r6"),
        ["results: longer than the job file says"] = new(static files => Append(files, Results, Line(files, "r1").Replace("r1", "r5", StringComparison.Ordinal).Replace(IdOf("r1"), IdOf("r5"), StringComparison.Ordinal)), "r6"),
        ["results: the last line torn"] = new(static files => Edit(files, Results, static text => text[..^30]), "r4 r5 r6"),
        ["results: no final newline"] = new(static files => Edit(files, Results, static text => text[..^1]), "r4 r5 r6"),
        ["results: NUL bytes at the end"] = new(static files => Append(files, Results, new string('\0', 4096)), Left),
        ["results: NUL bytes for the last line"] = new(static files => Edit(files, Results, static text => text[..text.LastIndexOf("{\"id\"", StringComparison.Ordinal)] + new string('\0', 300)), "r4 r5 r6"),
        ["results: a damaged line in the middle"] = new(static files => Edit(files, Results, static text => text.Insert(text.IndexOf('\n', StringComparison.Ordinal) + 1, "{\"id\":nonsense}\n")), "r3 r4 r5 r6") { Note = "damaged" },
        ["results: CRLF"] = new(static files => Edit(files, Results, static text => text.Replace("\n", "\r\n", StringComparison.Ordinal)), Left),
        ["results: a byte order mark"] = new(static files => Edit(files, Results, static text => "\uFEFF" + text), Left),
        ["results: blank lines"] = new(static files => Edit(files, Results, static text => text.Replace("\n", "\n\n", StringComparison.Ordinal)), Left),
        ["results: of somebody else"] = Row.Refused(static files => files.Write(Results, "my notes\n"), "in.results.jsonl"),
        ["results: a directory"] = Row.Refused(static files => { File.Delete(files[Results]); Directory.CreateDirectory(files[Results]); }, "is a directory"),

        // The errors.
        ["errors: gone"] = new(static files => File.Delete(files[Errors]), "r2 r5 r6"),
        ["errors: torn"] = new(static files => Edit(files, Errors, static text => text[..^30]), "r2 r5 r6"),
        ["errors: a line that has a result as well"] = new(static files => Append(files, Results, Line(files, "r1").Replace("r1", "r2", StringComparison.Ordinal).Replace(IdOf("r1"), IdOf("r2"), StringComparison.Ordinal)), Left) { Both = "r2" },
        ["errors: tried again"] = new(static _ => { }, "r2 r5 r6") { Options = static job => job with { RetryErrors = true } },

        // From the beginning.
        ["a fresh start"] = new(static _ => { }, All) { Options = static job => job with { Fresh = true } },
        ["a fresh start with another input"] = new(static files => files.Write("in.jsonl", Requests.Lines(2)), "r1 r2") { Options = static job => job with { Fresh = true } },
    };

    public static TheoryData<string> Names() => [.. Rows.Keys];

    [Fact]
    public void The_table_is_long_enough() => Assert.InRange(Rows.Count, 20, int.MaxValue);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_has_its_outcome(string name)
    {
        Row row = Rows[name];
        BatchJobOptions job = new() { InputPath = _directory.Write("in.jsonl", Requests.Lines(6)), Settings = Model, MaxCalls = 4 };
        Assert.Equal(BatchJobEnd.StoppedEarly, (await _run.RunAsync(job)).End);
        Same.Names(["r1", "r3", "r4"], JobRun.Ids(_directory[Results]));
        row.Change(_directory);
        Dictionary<string, string> before = Contents();
        job = row.Options(job with { MaxCalls = null });

        if (row.Refusal is { } said)
        {
            ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(job));
            Assert.Contains(said, refused.Message, StringComparison.Ordinal);
            Assert.Equal(before, Contents());
            return;
        }

        IReadOnlyList<string> notes = [];
        if (row.Note is not null)
        {
            await using BatchJob looked = await BatchJob.OpenAsync(job);
            notes = looked.Notes;
        }

        BatchJobResult result = await _run.RunAsync(job);

        Assert.Equal(BatchJobEnd.Completed, result.End);
        Same.Names(row.Calls.Split(' '), _run.Calls);
        Assert.True(row.Note is null || notes.Any(note => note.Contains(row.Note, StringComparison.Ordinal)), string.Join(" | ", notes));

        // In the end each request has one line, in one of the two files.
        string?[] answered = JobRun.Ids(_directory[Results]);
        string?[] failed = JobRun.Ids(_directory[Errors]);
        string[] wanted = [.. File.ReadAllLines(_directory["in.jsonl"]).Select(line => line.Split('"')[3]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        Same.Names(wanted, answered.Concat(row.Both is null ? failed.Where(id => !answered.Contains(id, StringComparer.Ordinal)) : []).Order(StringComparer.Ordinal));
        Same.Names((row.Errors ?? "r2").Split(' ').Where(id => wanted.Contains(id, StringComparer.Ordinal)), failed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("CRLF")]
    [InlineData("a byte order mark")]
    [InlineData("no final newline")]
    [InlineData("blank lines")]
    [InlineData("an id twice")]
    public async Task An_input_that_had_it_from_the_beginning_goes_on(string form)
    {
        string text = Requests.Lines(6);
        text = form switch
        {
            "CRLF" => text.Replace("\n", "\r\n", StringComparison.Ordinal),
            "a byte order mark" => "\uFEFF" + text,
            "no final newline" => text[..^1],
            "blank lines" => text.Replace("\n", "\n\n", StringComparison.Ordinal),
            _ => Requests.Line("r1") + "\n" + text,
        };
        BatchJobOptions job = new() { InputPath = _directory.Write("in.jsonl", text), MaxCalls = 4 };

        await _run.RunAsync(job);
        await _run.RunAsync(job with { MaxCalls = null });

        Same.Names(Left.Split(' '), _run.Calls);
        Same.Names(["r1", "r3", "r4", "r5", "r6"], JobRun.Ids(_directory[Results]));
        Same.Names(form == "an id twice" ? ["r1", "r2"] : ["r2"], JobRun.Ids(_directory[Errors]).Order(StringComparer.Ordinal));
    }

    private static string IdOf(string customId) => Requests.Request(customId).Id.ToString();

    private static string Line(TemporaryDirectory files, string customId) =>
        File.ReadAllLines(files[Results]).Single(line => line.Contains($"\"custom_id\":\"{customId}\"", StringComparison.Ordinal)) + "\n";

    private static string Reversed(string text) => string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Reverse().Select(line => line + "\n"));

    private static void Append(TemporaryDirectory files, string name, string text) => File.AppendAllText(files[name], text);

    private static void Edit(TemporaryDirectory files, string name, Func<string, string> edit) => files.Write(name, edit(File.ReadAllText(files[name])));

    private static void Delete(TemporaryDirectory files, params string[] names) => Array.ForEach(names, name => File.Delete(files[name]));

    private Dictionary<string, string> Contents() =>
        Directory.GetFiles(_directory.Path).ToDictionary(path => Path.GetFileName(path), path => File.ReadAllText(path, Encoding.Latin1), StringComparer.Ordinal);

    private sealed record Row(Action<TemporaryDirectory> Change, string Calls)
    {
        /// <summary>What the refusal says; null when the job goes on.</summary>
        public string? Refusal { get; init; }

        /// <summary>How the next run is started.</summary>
        public Func<BatchJobOptions, BatchJobOptions> Options { get; init; } = static job => job;

        /// <summary>What a note says.</summary>
        public string? Note { get; init; }

        /// <summary>The errors in the end, where they are others than r2.</summary>
        public string? Errors { get; init; }

        /// <summary>What has a line in both files, because a test put it there.</summary>
        public string? Both { get; init; }

        public static Row Refused(Action<TemporaryDirectory> change, string said) => new(change, "") { Refusal = said };
    }
}
