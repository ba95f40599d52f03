using Parquet;
using Parquet.Schema;

namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>Parquet files with a text, a number that may be missing, and a time.</summary>
internal static class ParquetFile
{
    public static async Task WriteAsync(string path, string?[] texts, int rowsInGroup)
    {
        DataField<string> text = new("text");
        DataField<long?> number = new("number");
        DataField<DateTime> time = new("time");
        await using FileStream file = File.Create(path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(text, number, time), file);
        foreach (string?[] rows in texts.Chunk(rowsInGroup))
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync(text, rows!);
            await group.WriteAsync<long>(number, rows.Select((value, index) => value is null ? (long?)null : index).ToArray());
            await group.WriteAsync<DateTime>(time, rows.Select((_, index) => new DateTime(2026, 1, 2, 3, 4, index % 60, DateTimeKind.Utc)).ToArray());
        }
    }
}
