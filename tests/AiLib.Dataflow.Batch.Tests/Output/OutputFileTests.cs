using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Tests.Output;

public sealed class OutputFileTests : IDisposable
{
    private readonly MemoryStream _stream = new();

    private string Written => System.Text.Encoding.UTF8.GetString(_stream.ToArray());

    public void Dispose() => _stream.Dispose();

    [Fact]
    public void Collected_lines_are_written_together_and_forced_to_the_disk_once()
    {
        List<string> synced = [];
        using OutputFile file = new("out", _stream, _ => synced.Add(Written));

        file.Collect("one\n"u8);
        file.Collect("two\n"u8);
        Assert.Equal("", Written);

        file.Commit();
        file.Commit();
        Assert.Equal(["one\ntwo\n"], synced);
    }

    [Fact]
    public void A_line_that_is_appended_goes_behind_those_collected_and_is_committed_with_the_next()
    {
        int syncs = 0;
        using OutputFile file = new("out", _stream, _ => syncs++);
        file.Collect("one\n"u8);

        file.Append("two\n"u8);

        Assert.Equal(("one\ntwo\n", 0), (Written, syncs));
        file.Commit();
        Assert.Equal(1, syncs);
    }

    [Fact]
    public void Neither_a_group_nor_what_is_not_on_the_disk_grows_without_end()
    {
        long synced = 0;
        using OutputFile file = new("out", _stream, stream => synced = stream.Length);
        byte[] line = [.. Enumerable.Repeat((byte)'a', 999), (byte)'\n'];

        for (long collected = 1; collected <= 5_000; collected++)
        {
            file.Collect(line);
            Assert.InRange((collected * 1000) - _stream.Length, 0, 128 * 1024);
            Assert.InRange((collected * 1000) - synced, 0, 2 * 1024 * 1024);
        }

        file.Commit();
    }

    [Fact]
    public void What_could_not_be_forced_to_the_disk_is_taken_back()
    {
        bool isBroken = false;
        using OutputFile file = new("out", _stream, _ =>
        {
            if (isBroken)
            {
                throw new IOException("Input/output error");
            }
        });
        file.Collect("one\n"u8);
        file.Commit();
        isBroken = true;
        file.Append("two\n"u8);
        file.Collect("three\n"u8);

        OutputFailedException failure = Assert.Throws<OutputFailedException>(file.Commit);

        Assert.Contains("Input/output error", failure.Message, StringComparison.Ordinal);
        Assert.Equal("one\n", Written);
        isBroken = false;
        Assert.Throws<OutputFailedException>(file.Commit);
        Assert.Throws<OutputFailedException>(() => file.Append("four\n"u8));
        Assert.Equal("one\n", Written);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(3, "")]
    [InlineData(4, "one\n")]
    [InlineData(7, "one\n")]
    [InlineData(8, "one\ntwo\n")]
    public void Of_a_group_that_is_written_in_part_the_whole_lines_stay(long room, string left)
    {
        using TemporaryDirectory directory = new();
        using Stream disk = new FaultyFileSystem(room) { CanCut = true }.OpenExclusive(directory["out"]);
        using OutputFile file = new("out", disk);
        file.Collect("one\n"u8);
        file.Collect("two\n"u8);
        file.Collect("three\n"u8);

        Assert.Throws<OutputFailedException>(file.Commit);

        disk.Dispose();
        Assert.Equal(left, File.ReadAllText(directory["out"]));
    }

    [Fact]
    public void After_a_failure_nothing_more_is_written_and_nothing_is_left_to_write()
    {
        using TemporaryDirectory directory = new();
        using Stream disk = new FaultyFileSystem(5).OpenExclusive(directory["out"]);
        using OutputFile file = new("out", disk);
        Assert.Throws<OutputFailedException>(() => file.Append("too long\n"u8));

        file.Commit();
        Assert.Throws<OutputFailedException>(() => file.Collect("x\n"u8));
        Assert.Throws<OutputFailedException>(() => file.Append("x\n"u8));
        file.Commit();
    }
}
