using System.IO.Compression;
using System.Text;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Input.Compression;
using ZstdSharp;

namespace AiLib.Dataflow.Batch.Tests.Input;

public sealed class CompressedTests
{
    public static TheoryData<string> Forms => ["gzip", "zstd"];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Compressed_lines_are_read_as_if_they_were_not(string form)
    {
        byte[] plain = Encoding.UTF8.GetBytes("\uFEFF" + Requests.Lines(500).Replace("\n", "\r\n", StringComparison.Ordinal) + Requests.Line("last"));

        List<BatchLine> lines = await ReadAsync(new MemoryStream(Compress(form, plain)));

        Assert.Equal(501, lines.Count);
        Assert.All(lines, line => Assert.Null(line.Error));
        Assert.Equal(("last", 501L), (lines[^1].Request!.CustomId, lines[^1].Number));
        Assert.Equal(Compress(form, plain).Length, lines[^1].End);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Several_compressed_pieces_behind_each_other_are_one_input(string form)
    {
        byte[] pieces = [.. Compress(form, Encoding.UTF8.GetBytes(Requests.Lines(3))), .. Compress(form, Encoding.UTF8.GetBytes(Requests.Line("last")))];

        Assert.Equal(4, (await ReadAsync(new MemoryStream(pieces))).Count);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_pipe_that_gives_single_bytes_is_seen_to_be_compressed(string form) =>
        Assert.Equal(3, (await ReadAsync(new Pipe(Compress(form, Encoding.UTF8.GetBytes(Requests.Lines(3)))))).Count);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("\u001F")]
    [InlineData("abc")]
    public async Task A_pipe_that_ends_within_a_mark_loses_no_byte(string text)
    {
        await using InputStream input = await Compressed.OpenAsync(new Pipe(Encoding.UTF8.GetBytes(text)), CancellationToken.None);
        using StreamReader reader = new(input.Content);

        Assert.Equal(text, await reader.ReadToEndAsync());
    }

    [Theory]
    [InlineData("gzip", 1)]
    [InlineData("gzip", 8)]
    [InlineData("gzip", 900)]
    [InlineData("zstd", 1)]
    [InlineData("zstd", 900)]
    public async Task What_was_cut_off_is_not_taken_for_the_end(string form, int lost)
    {
        byte[] whole = Compress(form, Encoding.UTF8.GetBytes(Requests.Lines(2_000)));

        IOException cut = await Assert.ThrowsAsync<IOException>(() => ReadAsync(new MemoryStream(whole[..^lost])));

        Assert.Contains(form, cut.Message, StringComparison.Ordinal);
        Assert.Contains("damaged or cut off", cut.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_changed_byte_is_found(string form)
    {
        byte[] whole = Compress(form, Encoding.UTF8.GetBytes(Requests.Lines(2_000)));
        whole[whole.Length / 2] ^= 0x55;

        await Assert.ThrowsAsync<IOException>(() => ReadAsync(new MemoryStream(whole)));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_bomb_is_refused_before_it_has_gone_far_and_takes_no_memory(string form)
    {
        byte[] bomb = Bomb(form, 2L << 30);
        Assert.InRange(bomb.Length, 0, 4 * 1024 * 1024);
        int lines = 0;
        long before = GC.GetTotalAllocatedBytes(precise: true);

        IOException refused = await Assert.ThrowsAsync<IOException>(async () =>
        {
            await using InputStream input = await Compressed.OpenAsync(new MemoryStream(bomb), CancellationToken.None);
            LineSplitter splitter = new(input.Content, 1024 * 1024);
            while (await splitter.MoveNextAsync())
            {
                lines++;
            }
        });

        Assert.Contains("more than 1000 times", refused.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64 * 1024 * 1024);
        Assert.Equal(0, lines);
    }

    [Fact]
    public async Task A_window_that_would_take_more_than_128_MiB_is_refused()
    {
        // A frame header that asks for a window of 2 GiB: no single segment, window descriptor 31 - 10 = 21.
        byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00];

        IOException refused = await Assert.ThrowsAsync<IOException>(() => ReadAsync(new MemoryStream(frame)));

        Assert.Contains("zstd", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("requests.jsonl", BatchInputFormat.JsonLines)]
    [InlineData("requests.jsonl.gz", BatchInputFormat.JsonLines)]
    [InlineData("rows.CSV", BatchInputFormat.Csv)]
    [InlineData("rows.tsv.zst", BatchInputFormat.Csv)]
    [InlineData("rows.parquet", BatchInputFormat.Parquet)]
    [InlineData("anything", BatchInputFormat.JsonLines)]
    public void The_name_says_the_format(string name, BatchInputFormat format)
    {
        Assert.Equal(format, new BatchInputOptions().WithFormatOf(name).Format);
        Assert.Equal(BatchInputFormat.Csv, new BatchInputOptions { Format = BatchInputFormat.Csv }.WithFormatOf(name).Format);
    }

    internal static byte[] Compress(string form, byte[] plain)
    {
        using MemoryStream compressed = new();
        using (Stream compressing = Compressing(form, compressed))
        {
            compressing.Write(plain);
        }

        return compressed.ToArray();
    }

    private static byte[] Bomb(string form, long length)
    {
        using MemoryStream compressed = new();
        using (Stream compressing = Compressing(form, compressed))
        {
            byte[] piece = new byte[1024 * 1024];
            for (long written = 0; written < length; written += piece.Length)
            {
                compressing.Write(piece);
            }
        }

        return compressed.ToArray();
    }

    private static Stream Compressing(string form, Stream to) =>
        form == "gzip" ? new GZipStream(to, CompressionLevel.SmallestSize, leaveOpen: true) : new CompressionStream(to, leaveOpen: true);

    private static async Task<List<BatchLine>> ReadAsync(Stream stream)
    {
        List<BatchLine> lines = [];
        await foreach (BatchLine line in BatchInput.ReadAsync(stream))
        {
            lines.Add(line);
        }

        return lines;
    }

    /// <summary>A stream that cannot be set back and gives one byte at a time.</summary>
    private sealed class Pipe(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, 1)], cancellationToken);

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1));
    }
}
