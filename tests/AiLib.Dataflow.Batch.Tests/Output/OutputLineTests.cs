using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Output;

public sealed class OutputLineTests
{
    private static readonly string Id = BatchId.OfRequest("row-000001").ToString();

    [Fact]
    public void An_answer_is_written_in_OpenAIs_shape_byte_for_byte()
    {
        const string Body = """{"id":"chatcmpl-1", "n":1.50,"text":"caf\u00e9 é <b>"}""";

        Assert.Equal(
            """{"id":"ID","custom_id":"row-000001","response":{"status_code":200,"request_id":"req_9","body":BODY},"error":null}""".Replace("BODY", Body, StringComparison.Ordinal).Replace("ID", Id, StringComparison.Ordinal) + "\n",
            Answered(Body, "req_9"));
    }

    [Fact]
    public void The_id_is_a_hash_of_the_custom_id() => Assert.Matches("^batch_req_[0-9a-f]{32}$", Id);

    [Fact]
    public void A_body_of_several_lines_becomes_one_and_keeps_every_number_and_string()
    {
        const string Body = "{\r\n  \"n\" : 1.50e+3,\n\t\"t\": \"a  \\\" \\\\\",\n \"l\": [ 1 , 2 ]\n}";

        Assert.Contains(""" "body":{"n":1.50e+3,"t":"a  \" \\","l":[1,2]}},""".Trim(), Answered(Body, "req_9"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_request_id_is_an_empty_string() =>
        Assert.Contains("\"request_id\":\"\",", Answered("{}", requestId: null), StringComparison.Ordinal);

    [Fact]
    public void An_answer_that_is_no_JSON_is_kept_as_a_string() =>
        Assert.Contains("\"body\":\"no\\nJSON\"}", Answered("no\nJSON", "r"), StringComparison.Ordinal);

    [Fact]
    public void An_HTTP_failure_has_its_body_in_the_response()
    {
        ProviderException error = new(ProviderErrorCode.InvalidRequest, "no", 400, "req_10", """{"error":{"message":"x","code":null}}"""u8.ToArray());

        Assert.Equal(
            """{"id":"ID","custom_id":"row-000001","response":{"status_code":400,"request_id":"req_10","body":{"error":{"message":"x","code":null}}},"error":null}""".Replace("ID", Id, StringComparison.Ordinal) + "\n",
            Failed(OutcomeKind.Rejected, error));
    }

    [Fact]
    public void An_HTTP_failure_without_a_JSON_body_gets_one()
    {
        ProviderException error = new(ProviderErrorCode.ServerError, "the \"gateway\"", 502, "req_10", "<html>"u8.ToArray());

        Assert.Equal(
            """{"id":"ID","custom_id":"row-000001","response":{"status_code":502,"request_id":"req_10","body":{"error":{"message":"the \"gateway\"","type":"server_error","param":null,"code":"ailib_E3001"}}},"error":null}""".Replace("ID", Id, StringComparison.Ordinal) + "\n",
            Failed(OutcomeKind.Failed, error));
    }

    [Fact]
    public void A_failure_without_an_exchange_has_a_code_of_ours()
    {
        ProviderException error = new(ProviderErrorCode.ServerError, "127.0.0.1:1 was not reached: refused.");

        Assert.Equal(
            """{"id":"ID","custom_id":"row-000001","response":null,"error":{"code":"ailib_E3001","message":"127.0.0.1:1 was not reached: refused."}}""".Replace("ID", Id, StringComparison.Ordinal) + "\n",
            Failed(OutcomeKind.Failed, error));
    }

    [Fact]
    public void A_damaged_answer_is_no_success_in_the_errors_file() =>
        Assert.Contains("\"response\":null", Failed(OutcomeKind.Failed, new ProviderException(ProviderErrorCode.ServerError, "half", 200)), StringComparison.Ordinal);

    [Fact]
    public void A_provider_error_behind_an_explanation_of_the_pipeline_is_found() =>
        Assert.Contains("\"status_code\":429", Failed(OutcomeKind.Throttled, new TimeoutException("too long", new ProviderException(ProviderErrorCode.RateLimited, "no", 429))), StringComparison.Ordinal);

    [Theory]
    [InlineData(OutcomeKind.Rejected, "ailib_E1001")]
    [InlineData(OutcomeKind.Throttled, "ailib_E2001")]
    [InlineData(OutcomeKind.Exhausted, "ailib_E2002")]
    [InlineData(OutcomeKind.Failed, "ailib_E3001")]
    [InlineData(OutcomeKind.Overloaded, "ailib_E3002")]
    [InlineData(OutcomeKind.TimedOut, "ailib_E3003")]
    [InlineData(OutcomeKind.Conflicted, "ailib_E4001")]
    [InlineData(OutcomeKind.Cancelled, "ailib_E4002")]
    public void Every_kind_of_failure_has_a_code(OutcomeKind kind, string code) =>
        Assert.Contains($"\"code\":\"{code}\"", Failed(kind, new TimeoutException("why")), StringComparison.Ordinal);

    [Fact]
    public void A_line_that_is_no_request_says_which_line_and_what_to_do()
    {
        using OutputLine line = new();

        string text = Encoding.UTF8.GetString(line.Refused(new BatchLineError("invalid_json_line", 7, 12, "It is broken.", "Mend it.")));

        Assert.Equal("""{"id":"ID","custom_id":null,"response":null,"error":{"code":"invalid_json_line","message":"Line 7, column 12: It is broken. Mend it."}}""".Replace("ID", BatchId.OfLine(7).ToString(), StringComparison.Ordinal) + "\n", text);
    }

    [Theory]
    [InlineData("quote \" and \\ and é and \u2028 and \uD83D\uDE00")]
    [InlineData("</script><!--")]
    public void Any_id_is_read_back_as_it_was(string customId)
    {
        using OutputLine line = new();
        BatchLineParser.Parse(
            Encoding.UTF8.GetBytes($$$"""{"custom_id":{{{JsonSerializer.Serialize(customId)}}},"method":"POST","url":"/v1/embeddings","body":{}}"""), 1, url: null, out BatchRequest? request);

        ReadOnlySpan<byte> written = line.Answered(request!, new ProviderResponse(200, "{}"u8.ToArray()));

        Assert.Equal(customId, JsonDocument.Parse(written.ToArray()).RootElement.GetProperty("custom_id").GetString());
        Assert.True(RecoveredLine.TryRead(written[..^1], out BatchId id));
        Assert.Equal(request!.Id, id);
    }

    [Fact]
    public void Every_character_of_an_id_is_written_as_the_platform_writes_it()
    {
        JsonSerializerOptions options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        for (int code = 0; code <= 0x2100; code++)
        {
            string customId = $"a{(char)code}b";
            using OutputLine line = new();

            ReadOnlySpan<byte> written = line.Refused(new BatchLineError("code", 1, 1, "Bad.", "Mend it.", customId));

            byte[] expected = JsonSerializer.SerializeToUtf8Bytes(customId, options);
            Assert.True(written.IndexOf([.. "\"custom_id\":"u8, .. expected, .. ",\"response\""u8]) > 0, $"U+{code:X4}");
        }
    }

    [Fact]
    public void The_printed_id_is_the_same_in_bytes_and_in_text()
    {
        BatchId id = new(0x0123_4567_89AB_CDEF, 0x0000_0000_0000_00F0);
        byte[] bytes = new byte[BatchId.Length];

        id.Format(bytes);

        Assert.Equal("batch_req_0123456789abcdef00000000000000f0", Encoding.ASCII.GetString(bytes));
        Assert.Equal(Encoding.ASCII.GetString(bytes), id.ToString());
    }

    private static string Answered(string body, string? requestId)
    {
        using OutputLine line = new();
        return Encoding.UTF8.GetString(line.Answered(Requests.Request("row-000001"), new ProviderResponse(200, Encoding.UTF8.GetBytes(body), requestId)));
    }

    private static string Failed(OutcomeKind kind, Exception error)
    {
        using OutputLine line = new();
        return Encoding.UTF8.GetString(line.Failed(Requests.Request("row-000001"), Outcome<ProviderResponse>.Failed(kind, error)));
    }
}
