using System.Text;
using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Batch.Tests.Input;

public sealed class BareBodyTests
{
    [Theory]
    [InlineData("""{"model":"m","messages":[]}""", null, "/v1/chat/completions")]
    [InlineData(""" {"prompt":"p"} """, null, "/v1/completions")]
    [InlineData("""{"input":"i"}""", "/v1/embeddings", "/v1/embeddings")]
    [InlineData("""{"messages":[]}""", "/v1/messages", "/v1/messages")]
    public void A_body_alone_is_a_request_whose_id_is_its_lines_number(string body, string? url, string path)
    {
        Assert.Null(BatchLineParser.Parse(Encoding.UTF8.GetBytes(body), 17, url, out BatchRequest? request));

        Assert.Equal(("line-17", 17L, path), (request!.CustomId, request.Line, request.Request.Path));
        Assert.Equal(body, Encoding.UTF8.GetString(request.Request.Body.Span));
    }

    [Fact]
    public void A_body_that_several_operations_take_needs_a_path()
    {
        BatchLineError error = BatchLineParser.Parse("""{"input":"i"}"""u8, 3, url: null, out _)!;

        Assert.Equal(("url_mismatch", 3L), (error.Code, error.Line));
        Assert.Contains("--url", error.Cure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"custom_id":"a","messages":[]}""", "missing_field")]
    [InlineData("""{"url":"/v1/chat/completions","messages":[]}""", "missing_field")]
    [InlineData("""{"model":"m"}""", "missing_field")]
    [InlineData("""{"messages":[],"messages":[]}""", "duplicate_key")]
    [InlineData("""{"messages":[]} {}""", "invalid_json_line")]
    [InlineData("""[{"messages":[]}]""", "invalid_json_line")]
    public void What_is_neither_is_an_error(string line, string code)
    {
        Assert.Equal(code, BatchLineParser.Parse(Encoding.UTF8.GetBytes(line), 3, url: null, out BatchRequest? request)!.Code);
        Assert.Null(request);
    }

    [Fact]
    public async Task A_line_that_takes_the_id_of_a_body_alone_is_a_duplicate()
    {
        string text = $$"""{"messages":[]}{{"\n"}}{{Requests.Line("line-1")}}""";
        List<string?> codes = [];

        await foreach (BatchLine line in BatchInput.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text))))
        {
            codes.Add(line.Error?.Code);
        }

        Assert.Equal([null, "duplicate_custom_id"], codes);
    }
}
