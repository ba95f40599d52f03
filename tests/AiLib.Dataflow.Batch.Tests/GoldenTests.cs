namespace AiLib.Dataflow.Batch.Tests;

/// <summary>Files as earlier versions left them, each in a directory under Golden: every later version continues them. A new format adds a directory; none is changed or removed.</summary>
public sealed class GoldenTests : IDisposable
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Golden");

    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string> Versions() => [.. Directory.GetDirectories(Golden).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    [Fact]
    public void There_are_golden_files() => Assert.InRange(Versions().Count, 3, int.MaxValue);

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_files_of_an_earlier_version_are_continued(string version)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Golden, version)))
        {
            File.Copy(file, _directory[Path.GetFileName(file)]);
        }

        string[] left = await File.ReadAllLinesAsync(_directory["left.txt"]);
        string?[] failed = JobRun.Ids(_directory["in.errors.jsonl"]);
        BatchJobOptions job = new()
        {
            InputPath = _directory["in.jsonl"],
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["--target"] = "simulator" },
        };

        BatchJobResult result = await _run.RunAsync(job);

        Assert.Equal(BatchJobEnd.Completed, result.End);
        Same.Names(left, _run.Calls.Order(StringComparer.Ordinal));
        Same.Names(failed, JobRun.Ids(_directory["in.errors.jsonl"]));
        string[] wanted = [.. File.ReadAllLines(job.InputPath).Select(line => line.Split('"')[3]).Order(StringComparer.Ordinal)];
        Same.Names(wanted, JobRun.Ids(_directory["in.results.jsonl"]).Concat(failed).Order(StringComparer.Ordinal));
    }
}
