using System.Text;
using AiLib.Dataflow.Batch.Export;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;
using Parquet;
using Parquet.Schema;

namespace AiLib.Dataflow.Batch.Tests.Export;

public sealed class BatchParquetTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new();

    private string Results => _directory["in.results.jsonl"];

    private string Errors => _directory["in.errors.jsonl"];

    private string Table => _directory["out.parquet"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_line_of_results_and_errors_is_a_row()
    {
        _run.Answer = id => id switch
        {
            "r2" => JobRun.Http(ProviderErrorCode.InvalidRequest, 400),
            "r3" => Outcome<ProviderResponse>.Failed(OutcomeKind.TimedOut, new TimeoutException("too slow")),
            _ => Answer("""{"choices":[{"message":{"content":"é \"x\"\n"}}]}"""),
        };
        await _run.RunAsync(new BatchJobOptions { InputPath = _directory.Write("in.jsonl", Requests.Lines(4) + "nonsense\n") });

        long? rows = await BatchParquet.WriteAsync(Results, Errors, Table);

        string?[] ids = await TextsAsync("custom_id");
        int one = Array.IndexOf(ids, "r1"), two = Array.IndexOf(ids, "r2"), three = Array.IndexOf(ids, "r3"), bad = Array.IndexOf(ids, null);
        Assert.Equal(5L, rows);
        Same.Names([null, "r1", "r2", "r3", "r4"], ids.Order(StringComparer.Ordinal));
        Assert.Equal("é \"x\"\n", (await TextsAsync("text"))[one]);
        Assert.Equal(("played", 1L, 200L, 3L, 5L), ((await TextsAsync("target"))[one], (await NumbersAsync("attempts"))[one], (await NumbersAsync("status"))[one],
            (await NumbersAsync("input_tokens"))[one], (await NumbersAsync("output_tokens"))[one]));
        Assert.InRange((await NumbersAsync("latency_ms"))[one]!.Value, 0, 60_000);
        Assert.Equal((400L, "no"), ((await NumbersAsync("status"))[two], (await TextsAsync("error_message"))[two]));
        Assert.Equal(("ailib_E3003", null), ((await TextsAsync("error_code"))[three], (await NumbersAsync("status"))[three]));
        Assert.Equal(("invalid_json_line", null), ((await TextsAsync("error_code"))[bad], (await NumbersAsync("attempts"))[bad]));
        Assert.Equal("""{"choices":[{"message":{"content":"é \"x\"\n"}}]}""", (await TextsAsync("body"))[one]);
    }

    [Fact]
    public async Task A_cost_is_a_column_and_null_where_it_is_unknown()
    {
        _run.Answer = id => id == "r2" ? JobRun.Ok(id) : Answer("{}");
        await _run.RunAsync(new BatchJobOptions
        {
            InputPath = _directory.Write("in.jsonl", Requests.Lines(2)),
            Prices = new Dictionary<string, TokenPrices>(StringComparer.Ordinal) { ["played"] = new TokenPrices(1, 2) },
        });

        await BatchParquet.WriteAsync(Results, Errors, Table);

        string?[] ids = await TextsAsync("custom_id");
        double?[] costs = await AmountsAsync("cost_usd");
        Assert.Equal((0.000013, null), (costs[Array.IndexOf(ids, "r1")], costs[Array.IndexOf(ids, "r2")]));
    }

    [Fact]
    public async Task Made_again_of_the_same_files_it_is_left_alone_and_of_longer_ones_made_anew()
    {
        BatchJobOptions job = new() { InputPath = _directory.Write("in.jsonl", Requests.Lines(3)) };
        await _run.RunAsync(job);
        await BatchParquet.WriteAsync(Results, Errors, Table);
        byte[] before = await File.ReadAllBytesAsync(Table);

        long? again = await BatchParquet.WriteAsync(Results, Errors, Table);
        byte[] after = await File.ReadAllBytesAsync(Table);
        _directory.Write("in.jsonl", Requests.Lines(5));
        await _run.RunAsync(job with { AcceptChanges = true });
        long? longer = await BatchParquet.WriteAsync(Results, Errors, Table);

        Assert.Null(again);
        Assert.Equal(before, after);
        Assert.Equal(5L, longer);
        Assert.Equal(5, (await TextsAsync("custom_id")).Length);
        Assert.False(File.Exists(Table + ".part"));
    }

    [Fact]
    public async Task A_file_of_somebody_else_is_refused_and_left_alone()
    {
        await ParquetFile.WriteAsync(Table, ["mine"], 1);
        byte[] before = await File.ReadAllBytesAsync(Table);

        await Assert.ThrowsAsync<ConfigurationException>(() => BatchParquet.CheckAsync(Table));
        await Assert.ThrowsAsync<ConfigurationException>(() => BatchParquet.WriteAsync(Results, Errors, Table));
        await Assert.ThrowsAsync<ConfigurationException>(() => BatchParquet.CheckAsync(_directory.Write("text.parquet", "text")));
        await Assert.ThrowsAsync<ConfigurationException>(() => BatchParquet.CheckAsync(_directory["nowhere/out.parquet"]));

        Assert.Equal(before, await File.ReadAllBytesAsync(Table));
    }

    [Fact]
    public async Task Many_rows_are_many_groups_and_all_there()
    {
        const int Count = 120_000;
        await using (StreamWriter lines = new(Results))
        {
            for (int number = 1; number <= Count; number++)
            {
                await lines.WriteLineAsync($$"""{"id":"batch_req_{{number:x32}}","custom_id":"r{{number}}","response":{"status_code":200,"request_id":"","body":null},"error":null}""");
            }
        }

        Assert.Equal(Count, await BatchParquet.WriteAsync(Results, Errors, Table));

        await using ParquetReader reader = await ParquetReader.CreateAsync(Table);
        Assert.Equal(3, reader.RowGroupCount);
        Same.Names(Enumerable.Range(1, Count).Select(number => $"r{number}"), await TextsAsync("custom_id"));
    }

    [Theory]
    [InlineData("""{"choices":[{"message":{"content":"a"}},{"message":{"content":"b"}}]}""", "a")]
    [InlineData("""{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}""", "ab")]
    [InlineData("""{"choices":[{"text":"a"}]}""", "a")]
    [InlineData("""{"choices":[{"message":{"content":null,"tool_calls":[]}}]}""", null)]
    [InlineData("""{"choices":[]}""", null)]
    [InlineData("""{"content":[{"type":"text","text":"a"},{"type":"tool_use","id":"x"},{"type":"text","text":"b"}]}""", "ab")]
    [InlineData("""{"output":[{"type":"reasoning"},{"type":"message","content":[{"type":"output_text","text":"a"}]}]}""", "a")]
    [InlineData("""{"data":[{"embedding":[1,2]}]}""", null)]
    [InlineData("""{"choices":[{"message":{"content":"\ud800"}}]}""", "\"\\ud800\"")]
    [InlineData("[]", null)]
    [InlineData("\"text\"", null)]
    public void The_text_of_any_kind_of_answer_is_found(string body, string? expected)
    {
        string line = $$"""{"id":"batch_req_0","custom_id":"a","response":{"status_code":200,"request_id":"","body":{{body}} },"error":null}""";

        ResultRow row = ResultRowReader.Read(Encoding.UTF8.GetBytes(line));

        Assert.Equal((expected, body), (row.Text, row.Body));
    }

    [Fact]
    public void A_copied_line_says_that_it_took_no_attempt()
    {
        using OutputLine line = new();
        byte[] leader = line.Answered(Requests.Request("a"), new ProviderResponse(200, "{}"u8.ToArray()), new LineFacts("t", 3, TimeSpan.FromSeconds(2)))[..^1].ToArray();

        ResultRow copied = ResultRowReader.Read(line.Copied(Requests.Request("b"), leader).ToArray());
        ResultRow ofOlder = ResultRowReader.Read(line.Copied(Requests.Request("b"), line.Answered(Requests.Request("a"), new ProviderResponse(200, "{}"u8.ToArray()))[..^1].ToArray()).ToArray());

        Assert.Equal(("t", 3, 2_000L), (ResultRowReader.Read(leader).Target, ResultRowReader.Read(leader).Attempts, ResultRowReader.Read(leader).LatencyMilliseconds));
        Assert.Equal(("b", 0, 200), (copied.CustomId, copied.Attempts, copied.Status));
        Assert.Equal(copied, ofOlder);
    }

    private static Outcome<ProviderResponse> Answer(string body) =>
        Outcome<ProviderResponse>.Answered(new ProviderResponse(200, Encoding.UTF8.GetBytes(body), "req_1", new TokenUsage(3, 5)));

    private async Task<string?[]> TextsAsync(string column)
    {
        List<string?> all = [];
        await using ParquetReader reader = await ParquetReader.CreateAsync(Table);
        DataField field = reader.Schema.DataFields.Single(field => field.Name == column);
        for (int group = 0; group < reader.RowGroupCount; group++)
        {
            using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
            string?[] values = new string?[rows.RowCount];
            await rows.ReadAsync(field, values.AsMemory()!);
            all.AddRange(values);
        }

        return [.. all];
    }

    private async Task<double?[]> AmountsAsync(string column)
    {
        await using ParquetReader reader = await ParquetReader.CreateAsync(Table);
        using ParquetRowGroupReader rows = reader.OpenRowGroupReader(0);
        double?[] values = new double?[rows.RowCount];
        await rows.ReadAsync<double>(reader.Schema.DataFields.Single(field => field.Name == column), values.AsMemory());
        return values;
    }

    private async Task<long?[]> NumbersAsync(string column)
    {
        await using ParquetReader reader = await ParquetReader.CreateAsync(Table);
        List<long?> all = [];
        for (int group = 0; group < reader.RowGroupCount; group++)
        {
            using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
            long?[] values = new long?[rows.RowCount];
            await rows.ReadAsync<long>(reader.Schema.DataFields.Single(field => field.Name == column), values.AsMemory());
            all.AddRange(values);
        }

        return [.. all];
    }
}
