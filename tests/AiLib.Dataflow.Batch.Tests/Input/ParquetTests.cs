using System.Text.Json;
using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Batch.Tests.Input;

public sealed class ParquetTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Each_row_of_each_group_is_a_prompt_and_a_missing_value_an_error()
    {
        await ParquetFile.WriteAsync(_directory["in.parquet"], ["one", "zwei \"2\"", null, "four", "five"], rowsInGroup: 2);

        List<BatchLine> lines = await ReadAsync("{text} {number} {time}");

        Same.Names(["row-1", "row-2", null, "row-4", "row-5"], lines.Select(line => line.Request?.CustomId));
        Assert.Equal("one 0 2026-01-02T03:04:00.0000000", ContentOf(lines[0]));
        Assert.Equal("zwei \"2\" 1 2026-01-02T03:04:01.0000000", ContentOf(lines[1]));
        Assert.Equal(("missing_field", 3L), (lines[2].Error!.Code, lines[2].Error!.Line));
        Assert.Equal("five 0 2026-01-02T03:04:00.0000000", ContentOf(lines[4]));
    }

    [Fact]
    public async Task A_column_that_is_not_there_is_named_with_those_that_are()
    {
        await ParquetFile.WriteAsync(_directory["in.parquet"], ["one"], rowsInGroup: 2);

        ConfigurationException wrong = await Assert.ThrowsAsync<ConfigurationException>(() => ReadAsync("{txt}"));

        Assert.Contains("no column 'txt'. Its columns: 'text', 'number', 'time'.", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(20)]
    [InlineData(100)]
    public async Task What_is_no_Parquet_file_is_refused_in_words(int bytes)
    {
        await ParquetFile.WriteAsync(_directory["whole.parquet"], ["one"], rowsInGroup: 2);
        await File.WriteAllBytesAsync(_directory["in.parquet"], (await File.ReadAllBytesAsync(_directory["whole.parquet"]))[..bytes]);

        ConfigurationException wrong = await Assert.ThrowsAsync<ConfigurationException>(() => ReadAsync("{text}"));

        Assert.Contains("not a Parquet file", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_changed_byte_gives_rows_or_an_error_in_words_and_never_anything_else()
    {
        await ParquetFile.WriteAsync(_directory["whole.parquet"], [.. Enumerable.Range(1, 50).Select(number => $"r{number}")], rowsInGroup: 20);
        byte[] whole = await File.ReadAllBytesAsync(_directory["whole.parquet"]);
        for (int seed = 1; seed <= 300; seed++)
        {
            Random random = new(seed);
            byte[] changed = [.. whole];
            changed[random.Next(changed.Length)] ^= (byte)random.Next(1, 256);
            await File.WriteAllBytesAsync(_directory["in.parquet"], changed);

            Exception? thrown = await Record.ExceptionAsync(() => ReadAsync("{text} {number} {time}"));

            Assert.True(thrown is null or ConfigurationException or IOException, $"seed {seed}: {thrown}");
        }
    }

    private async Task<List<BatchLine>> ReadAsync(string prompt)
    {
        List<BatchLine> lines = [];
        await using FileStream file = File.OpenRead(_directory["in.parquet"]);
        await foreach (BatchLine line in BatchInput.ReadAsync(file, new BatchInputOptions { Format = BatchInputFormat.Parquet, Prompt = prompt }))
        {
            lines.Add(line);
        }

        return lines;
    }

    private static string ContentOf(in BatchLine line)
    {
        using JsonDocument body = JsonDocument.Parse(line.Request!.Request.Body);
        return body.RootElement.GetProperty("messages")[0].GetProperty("content").GetString()!;
    }
}
