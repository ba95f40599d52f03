using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Input.Rows;

namespace AiLib.Dataflow.Batch.Tests.Input;

public sealed class CsvTests
{
    private const int Chunks = 64;

    [Fact]
    public async Task Each_row_is_a_prompt_with_its_values_in_it()
    {
        BatchRequest[] requests = await RequestsAsync("id,text\r\n1,hello\r\n2,\"a \"\"quoted\"\" one,\r\nover two lines\"\r\n3,", "Translate: {text} ({id}) {{x}}");

        Same.Names(["row-1", "row-2", "row-3"], requests.Select(request => request.CustomId));
        Assert.Equal([2L, 3, 5], requests.Select(request => request.Line));
        Assert.Equal<string[]>(
            ["Translate: hello (1) {x}", "Translate: a \"quoted\" one,\r\nover two lines (2) {x}", "Translate:  (3) {x}"], [.. requests.Select(ContentOf)]);
        Assert.All(requests, request => Assert.Equal("/v1/chat/completions", request.Request.Path));
    }

    [Theory]
    [InlineData("a\"b\\c/d\u0000\u001f\u007f\u0080\u2028\u2029</script>\ud83d\ude00\u00e9")]
    [InlineData("{text} {{}} \"}, {\"role\":\"system\"")]
    public async Task Any_value_arrives_as_it_was(string value)
    {
        BatchRequest[] requests = await RequestsAsync("text\n" + Quoted(value), "<{text}>");

        Assert.Equal($"<{value}>", ContentOf(requests[0]));
        using JsonDocument body = JsonDocument.Parse(requests[0].Request.Body);
        Assert.Equal(1, body.RootElement.GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task Any_table_is_read_back_whatever_pieces_it_comes_in()
    {
        string[] alphabet = ["a", "\"", ",", ";", "\t", "\n", "\r\n", " ", "é", "\U0001F600", "\"\"", "x"];
        for (int seed = 1; seed <= 400; seed++)
        {
            Random random = new(seed);
            string[][] rows = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => (string[])[.. Enumerable.Range(0, 3).Select(_ => string.Concat(
                Enumerable.Range(0, random.Next(6)).Select(_ => alphabet[random.Next(alphabet.Length)])))])];
            string end = random.Next(2) == 0 ? "\n" : "\r\n";
            string text = (random.Next(2) == 0 ? "\uFEFF" : "") + "a,b,c" + end
                + string.Join(end, rows.Select(row => string.Join(',', row.Select(value => NeedsQuotes(value, random) ? Quoted(value) : value))))
                + (random.Next(2) == 0 ? end : "");

            BatchRequest[] requests = await RequestsAsync(text, "{a}|{b}|{c}", random.Next(1, Chunks));

            Assert.Equal<string[]>([.. rows.Select(row => string.Join('|', row))], [.. requests.Select(ContentOf)]);
        }
    }

    [Theory]
    [InlineData("a;b\n1;2\n", "2")]
    [InlineData("a\tb\n1\t2\n", "2")]
    [InlineData("\"a;x\",b\n1,2\n", "2")]
    [InlineData("b\n\"2\"\n", "2")]
    [InlineData("a,b\n5\" disk,2 \"x\"\n", "2 \"x\"")]
    public async Task What_stands_between_the_names_stands_between_the_values(string text, string expected) =>
        Assert.Equal(expected, ContentOf((await RequestsAsync(text, "{b}"))[0]));

    [Fact]
    public async Task A_bad_row_is_an_error_with_its_line_and_the_rest_is_read()
    {
        string text = "id,text\na,1\nb\nc,2,3\nd,\"x\"y\n\n" + new string('e', 5_000) + ",1\n\"\u0007\",1\nf,\"over\ntwo\"\ng,9\nh,\"never closed\n";

        List<BatchLine> lines = await ReadAsync(text, new BatchInputOptions { Format = BatchInputFormat.Csv, Prompt = "{text}", IdColumn = "id" }, maxLineBytes: 1_000);

        Same.Names(
            ["2 a", "3 invalid_row", "4 invalid_row", "5 invalid_row", "7 line_too_long", "8 invalid_custom_id", "9 f", "11 g", "12 invalid_row"],
            lines.Select(line => $"{line.Number} {line.Error?.Code ?? line.Request!.CustomId}"));
        Assert.Contains("never closed", lines[^1].Error!.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_that_is_not_UTF_8_is_an_error_of_its_row()
    {
        byte[] bytes = [.. "text\n"u8, (byte)'a', 0xE9, (byte)'\n', .. "b\n"u8];
        List<BatchLine> lines = [];
        await foreach (BatchLine line in BatchInput.ReadAsync(new MemoryStream(bytes), new BatchInputOptions { Format = BatchInputFormat.Csv, Prompt = "{text}" }))
        {
            lines.Add(line);
        }

        Assert.Equal(("invalid_row", 2L, 2), (lines[0].Error!.Code, lines[0].Error!.Line, lines[0].Error!.Column));
        Assert.Equal("b", ContentOf(lines[1].Request!));
    }

    [Fact]
    public async Task A_quote_that_never_closes_takes_no_memory()
    {
        await using EndlessQuote stream = new(1L << 29);
        CsvSplitter splitter = new(stream, 1024 * 1024);
        long before = GC.GetAllocatedBytesForCurrentThread();

        ValueTask<bool> moved = splitter.MoveNextAsync();

        // The stream never waits, so all of it was read on this thread, and what other tests allocate meanwhile does not count.
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(moved.IsCompleted);
        Assert.True(await moved);
        Assert.Equal(CsvRecordState.Unclosed, splitter.Current.State);
        Assert.InRange(allocated, 0, 16 * 1024 * 1024);
        Assert.False(await splitter.MoveNextAsync());
    }

    [Theory]
    [InlineData("a,b\n", "{c}", "no column 'c'", "'a', 'b'")]
    [InlineData("a,a\n", "{a}", "several columns 'a'", "'a', 'a'")]
    [InlineData("a,b\n", null, "--prompt", "'a', 'b'")]
    [InlineData("a,b\n", "{a", "character 1", "{{")]
    [InlineData("a,b\n", "x}", "character 2", "}}")]
    [InlineData("a,b\n", "{}", "character 1", "{name}")]
    [InlineData("", "{a}", "names of its columns", "first line")]
    [InlineData("\"a\n", "{a}", "names of its columns", "first line")]
    public async Task What_cannot_be_meant_is_said_with_what_could_be(string text, string? prompt, string problem, string cure)
    {
        ConfigurationException wrong = await Assert.ThrowsAsync<ConfigurationException>(
            () => ReadAsync(text, new BatchInputOptions { Format = BatchInputFormat.Csv, Prompt = prompt }));

        Assert.Contains(problem, wrong.Message, StringComparison.Ordinal);
        Assert.Contains(cure, wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, """{"messages":[{"role":"system","content":"S"},{"role":"user","content":"é"}],"max_tokens":9}""")]
    [InlineData("/v1/messages", """{"system":"S","messages":[{"role":"user","content":"é"}],"max_tokens":9}""")]
    [InlineData("/v1/responses", """{"instructions":"S","input":"é","max_output_tokens":9}""")]
    public void A_prompt_has_the_form_of_its_path(string? path, string expected)
    {
        using PromptBody body = new(path, "S", 9);

        Assert.Equal(expected, Encoding.UTF8.GetString(body.Of("é")));
    }

    [Theory]
    [InlineData("/v1/completions", "S", null, "--system")]
    [InlineData("/v1/embeddings", null, 5, "--max-tokens")]
    [InlineData("/v1/messages", null, null, "--max-tokens")]
    public void What_a_path_has_no_place_for_is_refused(string path, string? system, int? maxTokens, string option)
    {
        ConfigurationException wrong = Assert.Throws<ConfigurationException>(() => new PromptBody(path, system, maxTokens));

        Assert.Contains(option, wrong.Message, StringComparison.Ordinal);
    }

    private static bool NeedsQuotes(string value, Random random) =>
        value.AsSpan().IndexOfAny("\",\r\n") >= 0 || value.Trim().Length == 0 || random.Next(3) == 0;

    private static string Quoted(string value) => $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string ContentOf(BatchRequest request)
    {
        using JsonDocument body = JsonDocument.Parse(request.Request.Body);
        return body.RootElement.GetProperty("messages")[0].GetProperty("content").GetString()!;
    }

    private static async Task<BatchRequest[]> RequestsAsync(string text, string prompt, int chunk = int.MaxValue) =>
        [.. (await ReadAsync(text, new BatchInputOptions { Format = BatchInputFormat.Csv, Prompt = prompt }, chunk: chunk)).Select(line => line.Request!)];

    private static async Task<List<BatchLine>> ReadAsync(
        string text, BatchInputOptions options, int maxLineBytes = BatchInput.DefaultMaxLineBytes, int chunk = int.MaxValue)
    {
        List<BatchLine> lines = [];
        await foreach (BatchLine line in BatchInput.ReadAsync(new ChunkStream(Encoding.UTF8.GetBytes(text), chunk), options, maxLineBytes))
        {
            lines.Add(line);
        }

        return lines;
    }

    /// <summary>A quote and then nothing that closes it.</summary>
    private sealed class EndlessQuote(long length) : MemoryStream
    {
        private long _given;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = (int)Math.Min(buffer.Length, length - _given);
            buffer.Span[..count].Fill((byte)'a');
            if (_given == 0)
            {
                buffer.Span[0] = (byte)'"';
            }

            _given += count;
            return new(count);
        }
    }
}
