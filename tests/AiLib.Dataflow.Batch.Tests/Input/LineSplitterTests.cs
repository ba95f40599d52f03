using System.Text;
using AiLib.Dataflow.Batch.Input;
using CsCheck;

namespace AiLib.Dataflow.Batch.Tests.Input;

public sealed class LineSplitterTests
{
    // Few different bytes, so that line ends, carriage returns and byte order marks meet often.
    private static readonly byte[] Alphabet = [(byte)'a', (byte)'{', (byte)' ', (byte)'\r', (byte)'\n', (byte)'\n', 0xEF, 0xBB, 0xBF, 0];

    private static readonly Gen<byte[]> Texts = Gen.Int[0, Alphabet.Length - 1].Select(index => Alphabet[index]).Array[0, 80];

    [Fact]
    public void It_agrees_with_a_naive_splitter_on_any_bytes_in_pieces_of_any_size() =>
        Gen.Select(Texts, Gen.Bool, Gen.Int[1, 64], Gen.Int[1, 24], Gen.Int[1, 16]).Sample(
            (text, marked, chunk, longest, buffer) =>
            {
                byte[] bytes = marked ? [0xEF, 0xBB, 0xBF, .. text] : text;
                Assert.Equal(Naive(bytes, longest), Split(bytes, chunk, longest, buffer));
            },
            iter: 120_000);

    [Theory]
    [InlineData("a\nb\n", "1:a|2:b")]
    [InlineData("a\r\nb", "1:a|2:b")]
    [InlineData("\uFEFFa\n\uFEFFb\n", "1:a|2:\uFEFFb")]
    [InlineData("a\n\n \t\nb\n", "1:a|4:b")]
    [InlineData("", "")]
    [InlineData("\n\n", "")]
    public async Task Lines_end_in_LF_or_CRLF_and_blank_ones_are_told_apart(string text, string expected)
    {
        LineSplitter splitter = new(new MemoryStream(Encoding.UTF8.GetBytes(text)), 100);
        List<string> lines = [];

        while (await splitter.MoveNextAsync())
        {
            if (!splitter.Current.IsBlank)
            {
                lines.Add($"{splitter.Current.Number}:{Encoding.UTF8.GetString(splitter.Current.Content.Span)}");
            }
        }

        Assert.Equal(expected, string.Join('|', lines));
    }

    private static List<string> Split(byte[] bytes, int chunk, int longest, int buffer)
    {
        using ChunkStream stream = new(bytes, chunk);
        LineSplitter splitter = new(stream, longest, buffer);
        List<string> lines = [];
        while (splitter.MoveNextAsync().AsTask().GetAwaiter().GetResult())
        {
            SplitLine line = splitter.Current;
            lines.Add(Describe(line.Number, line.Offset, line.End, line.IsTooLong, line.IsTerminated, line.Content.ToArray()));
        }

        return lines;
    }

    private static List<string> Naive(byte[] bytes, int longest)
    {
        List<string> lines = [];
        int start = 0;
        while (start < bytes.Length)
        {
            int lineFeed = Array.IndexOf(bytes, (byte)'\n', start);
            bool terminated = lineFeed >= 0;
            int contentEnd = terminated ? lineFeed : bytes.Length;
            int end = terminated ? lineFeed + 1 : bytes.Length;
            byte[] content = bytes[start..contentEnd];
            if (start == 0 && content is [0xEF, 0xBB, 0xBF, ..])
            {
                content = content[3..];
            }

            if (terminated && content is [.., (byte)'\r'])
            {
                content = content[..^1];
            }

            bool tooLong = content.Length > longest;
            lines.Add(Describe(lines.Count + 1, start, end, tooLong, terminated, tooLong ? [] : content));
            start = end;
        }

        return lines;
    }

    private static string Describe(long number, long offset, long end, bool tooLong, bool terminated, byte[] content) =>
        $"{number} {offset}-{end} {tooLong} {terminated} {Convert.ToHexString(content)}";
}
