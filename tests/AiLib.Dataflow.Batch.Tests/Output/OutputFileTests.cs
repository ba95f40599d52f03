using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Tests.Output;

public sealed class OutputFileTests : IDisposable
{
    private readonly MemoryStream _stream = new();

    private string Written => System.Text.Encoding.UTF8.GetString(_stream.ToArray());

    public void Dispose() => _stream.Dispose();

    [Fact]
    public void Collected_lines_are_written_together_and_counted_when_they_are()
    {
        using OutputFile file = new("out", _stream);

        Assert.Equal(0, file.Collect("one\n"u8));
        Assert.Equal(0, file.Collect("two\n"u8));
        Assert.Equal("", Written);

        Assert.Equal(2, file.Write());
        Assert.Equal("one\ntwo\n", Written);
        Assert.Equal(0, file.Write());
    }

    [Fact]
    public void A_line_that_is_appended_goes_behind_those_collected()
    {
        using OutputFile file = new("out", _stream);
        file.Collect("one\n"u8);

        Assert.Equal(2, file.Append("two\n"u8));

        Assert.Equal("one\ntwo\n", Written);
    }

    [Fact]
    public void A_group_does_not_grow_without_end()
    {
        using OutputFile file = new("out", _stream);
        byte[] line = [.. Enumerable.Repeat((byte)'a', 999), (byte)'\n'];

        int written = 0;
        int collected = 0;
        while (written == 0)
        {
            written = file.Collect(line);
            collected++;
        }

        Assert.Equal((collected, collected * 1000L), (written, _stream.Length));
        Assert.InRange(_stream.Length, 1, 128 * 1024);
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

        Assert.Throws<OutputFailedException>(() => file.Write());

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

        Assert.Equal(0, file.Write());
        Assert.Throws<OutputFailedException>(() => file.Collect("x\n"u8));
        Assert.Throws<OutputFailedException>(() => file.Append("x\n"u8));
        Assert.Equal(0, file.Write());
    }
}
