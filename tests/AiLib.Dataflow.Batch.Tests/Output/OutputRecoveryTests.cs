using System.Text;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Output;

public sealed class OutputRecoveryTests
{
    [Fact]
    public async Task A_file_cut_at_any_byte_keeps_its_whole_lines_and_no_more()
    {
        byte[] whole = [.. Line("a"), .. Line("b"), .. Line("c")];
        int first = Line("a").Length;
        int second = first + Line("b").Length;

        for (int cut = 0; cut <= whole.Length; cut++)
        {
            (byte[] left, string? note, List<BatchId> ids) = await RepairAsync(whole[..cut]);

            int good = cut == whole.Length ? 3 : cut >= second ? 2 : cut >= first ? 1 : 0;
            Assert.Equal(whole[..new[] { 0, first, second, whole.Length }[good]], left);
            Assert.Equal(new[] { "a", "b", "c" }.Take(good).Select(BatchId.OfRequest), ids);
            Assert.Equal(cut != left.Length, note is not null);
        }
    }

    [Theory]
    [InlineData("\0\0\0\0\n")]
    [InlineData("{\"id\":\"batch_req_1\"}\n")]
    [InlineData("{}\n")]
    [InlineData("{\"id\":\"batch_req_\n")]
    public async Task Damage_at_the_tail_is_cut_off_and_kept_beside_the_file(string damage)
    {
        using TemporaryDirectory directory = new();
        string path = directory["out.jsonl"];
        byte[] tail = [.. Encoding.UTF8.GetBytes(damage), .. Line("b")];
        await File.WriteAllBytesAsync(path, [.. Line("a"), .. tail]);

        await using (Stream stream = DiskFileSystem.Instance.OpenExclusive(path))
        {
            (long lines, string? note) = await OutputRecovery.RepairAsync(stream, path, DiskFileSystem.Instance, static (_, _) => { }, CancellationToken.None);
            Assert.Equal(1, lines);
            Assert.Contains("out.jsonl.damaged.1", note, StringComparison.Ordinal);
        }

        Assert.Equal(Line("a"), await File.ReadAllBytesAsync(path));
        Assert.Equal(tail, await File.ReadAllBytesAsync(path + ".damaged.1"));
    }

    [Theory]
    [InlineData("my notes\n")]
    [InlineData("my notes")]
    [InlineData("{\"custom_id\":\"a\",\"method\":\"POST\"}\n")]
    public async Task A_file_that_is_not_ours_is_refused_and_left_as_it_is(string content)
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("out.jsonl", content);

        await using (Stream stream = DiskFileSystem.Instance.OpenExclusive(path))
        {
            await Assert.ThrowsAsync<ConfigurationException>(() => OutputRecovery.RepairAsync(stream, path, DiskFileSystem.Instance, static (_, _) => { }, CancellationToken.None));
        }

        Assert.Equal(content, await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task A_blank_line_that_an_editor_left_does_no_harm()
    {
        byte[] edited = [.. Line("a"), .. "\n"u8];

        (byte[] left, string? note, _) = await RepairAsync(edited);

        Assert.Equal(edited, left);
        Assert.Null(note);
    }

    private static byte[] Line(string customId)
    {
        using OutputLine line = new();
        return line.Answered(Requests.Request(customId), new ProviderResponse(200, """{"a":[1,{"b":"\n"}]}"""u8.ToArray(), "req_1")).ToArray();
    }

    private static async Task<(byte[] Left, string? Note, List<BatchId> Ids)> RepairAsync(byte[] content)
    {
        using MemoryStream stream = new();
        await stream.WriteAsync(content);
        stream.Position = 0;
        List<BatchId> ids = [];
        (_, string? note) = await OutputRecovery.RepairAsync(stream, "out.jsonl", DiskFileSystem.Instance, (id, _) => ids.Add(id), CancellationToken.None);
        Assert.Equal(stream.Length, stream.Position);
        return (stream.ToArray(), note, ids);
    }
}
