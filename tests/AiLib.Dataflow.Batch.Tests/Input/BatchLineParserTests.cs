using System.Text;
using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Batch.Tests.Input;

public sealed class BatchLineParserTests
{
    private const string Url = "\"url\":\"/v1/chat/completions\"";

    [Fact]
    public void The_body_is_kept_byte_for_byte()
    {
        const string Body = """{ "n" : 1.50,"t":"A\u0042\/é", "m":[ ] }""";

        BatchLineError? error = Parse($$$"""{"custom_id":"a","method":"POST",{{{Url}}},"body":{{{Body}}},"extra":{"x":[1]}}""", out BatchRequest? request);

        Assert.Null(error);
        Assert.Equal(("a", "/v1/chat/completions", Body), (request!.CustomId, request.Request.Path, Encoding.UTF8.GetString(request.Request.Body.Span)));
    }

    [Theory]
    [InlineData("""{"custom_id":"\u0061","method":"\u0050OST","url":"\/v1\/embeddings","body":{}}""")]
    [InlineData("""{"body":{},"url":"/v1/embeddings","method":"POST","custom_id":"a"}""")]
    [InlineData("""  {"custom_id":"a" , "method":"POST","url":"/v1/embeddings","body":{}}  """)]
    public void Escapes_order_and_white_space_do_not_matter(string line)
    {
        Assert.Null(Parse(line, out BatchRequest? request));
        Assert.Equal(("a", "/v1/embeddings"), (request!.CustomId, request.Request.Path));
    }

    [Theory]
    // Not JSON, or not an object.
    [InlineData("{", "invalid_json_line", 2)]
    [InlineData("[]", "invalid_json_line", 1)]
    [InlineData("\"text\"", "invalid_json_line", 1)]
    [InlineData("{} {}", "invalid_json_line", 4)]
    [InlineData("{\"custom_id\":\"é\",}", "invalid_json_line", 18)]
    [InlineData("{\"custom_id\":\"a\"} // comment", "invalid_json_line", 19)]
    // A key twice, ours or another.
    [InlineData("{\"custom_id\":\"a\",\"custom_id\":\"b\",\"method\":\"POST\"," + Url + ",\"body\":{}}", "duplicate_key", 18)]
    [InlineData("{\"custom_id\":\"a\",\"method\":\"POST\"," + Url + ",\"body\":{},\"x\":1,\"x\":2}", "duplicate_key", 79)]
    [InlineData("{\"custom_id\":\"a\",\"custom\\u005fid\":\"b\",\"method\":\"POST\"," + Url + ",\"body\":{}}", "duplicate_key", 18)]
    // A field that is missing or of the wrong kind.
    [InlineData("{}", "missing_field", 3)]
    [InlineData("{\"custom_id\":\"a\",\"method\":\"POST\"," + Url + "}", "missing_field", 63)]
    [InlineData("{\"custom_id\":7,\"method\":\"POST\"," + Url + ",\"body\":{}}", "invalid_custom_id", 14)]
    [InlineData("{\"custom_id\":\"\",\"method\":\"POST\"," + Url + ",\"body\":{}}", "invalid_custom_id", 14)]
    [InlineData("{\"custom_id\":\"a\\u0007\",\"method\":\"POST\"," + Url + ",\"body\":{}}", "invalid_custom_id", 14)]
    [InlineData("{\"custom_id\":\"a\\u0085\",\"method\":\"POST\"," + Url + ",\"body\":{}}", "invalid_custom_id", 14)]
    [InlineData("{\"custom_id\":\"\\ud800\",\"method\":\"POST\"," + Url + ",\"body\":{}}", "invalid_custom_id", 14)]
    [InlineData("{\"custom_id\":{\"a\":[1]},\"method\":\"POST\"," + Url + ",\"body\":{}}", "invalid_custom_id", 14)]
    [InlineData("{\"custom_id\":\"a\",\"method\":\"GET\"," + Url + ",\"body\":{}}", "invalid_method", 27)]
    [InlineData("{\"custom_id\":\"a\",\"method\":\"post\"," + Url + ",\"body\":{}}", "invalid_method", 27)]
    [InlineData("{\"custom_id\":\"a\",\"method\":\"POST\"," + Url + ",\"body\":\"{}\"}", "invalid_body", 70)]
    [InlineData("{\"custom_id\":\"a\",\"method\":\"POST\"," + Url + ",\"body\":[{}]}", "invalid_body", 70)]
    [InlineData("{\"custom_id\":\"a\",\"method\":\"POST\"," + Url + ",\"body\":null}", "invalid_body", 70)]
    public void A_line_that_is_no_request_is_refused_with_its_column(string line, string code, int column)
    {
        BatchLineError? error = Parse(line, out BatchRequest? request);

        Assert.Null(request);
        Assert.Equal((code, 7, column), (error!.Code, error.Line, error.Column));
        Assert.NotEmpty(error.Cure);
    }

    [Fact]
    public void An_error_knows_the_id_even_where_that_comes_later() =>
        Assert.Equal("late", Parse("""{"method":"GET","url":"x","body":1,"custom_id":"late"}""", out _)!.CustomId);

    [Fact]
    public void An_id_of_256_characters_is_the_longest()
    {
        Assert.Null(Parse(Requests.Line(new string('i', 256)), out _));
        Assert.Equal("invalid_custom_id", Parse(Requests.Line(new string('i', 257)), out _)!.Code);
    }

    [Fact]
    public void A_body_of_depth_63_in_its_line_is_the_deepest()
    {
        static string Nested(int depth) =>
            """{"custom_id":"a","method":"POST",""" + Url + ",\"body\":" + string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth) + "}";

        Assert.Null(Parse(Nested(63), out _));
        Assert.Equal("invalid_json_line", Parse(Nested(64), out _)!.Code);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC0, 0xAF })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xE2, 0x82 })]
    public void Bytes_that_are_no_UTF_8_are_refused_where_they_begin(byte[] bad)
    {
        byte[] line = [.. Encoding.UTF8.GetBytes("""{"é":"""), .. bad, .. "}"u8];

        BatchLineError? error = BatchLineParser.Parse(line, 7, url: null, out _);

        Assert.Equal(("invalid_json_line", 6), (error!.Code, error.Column));
    }

    [Theory]
    [MemberData(nameof(HostileUrls))]
    public void A_url_that_is_not_exactly_an_allowed_path_is_refused(string url)
    {
        string line = $$$"""{"custom_id":"a","method":"POST","url":{{{System.Text.Json.JsonSerializer.Serialize(url)}}},"body":{}}""";

        BatchLineError? error = Parse(line, out BatchRequest? request);

        Assert.Null(request);
        Assert.Equal("url_mismatch", error!.Code);

        // It came from outside: it is not repeated where somebody may click it, or where it holds a password.
        Assert.DoesNotContain("evil", error.ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string> HostileUrls()
    {
        const string Path = "/v1/chat/completions";
        TheoryData<string> urls =
        [
            // A host, in every spelling.
            $"https://evil.example{Path}", $"http://evil.example{Path}", $"HTTPS://evil.example{Path}", $"https:evil.example{Path}", $"https:/evil.example{Path}",
            $"//evil.example{Path}", $"///evil.example{Path}", $"\\\\evil.example{Path}", $"/\\evil.example{Path}", $"\\/evil.example{Path}", $"/%2fevil.example{Path}",
            $"/%5cevil.example{Path}", $"@evil.example{Path}", $"{Path}@evil.example", $"user:key@evil.example{Path}", $"https://api.openai.com@evil.example{Path}",
            $"https://api.openai.com:443{Path}", "https://api.openai.com/v1/chat/completions", $"https://[::1]{Path}", $"https://127.0.0.1{Path}", $"https://169.254.169.254{Path}",
            $"https://0x7f000001{Path}", $"https://evil.example%23{Path}", $"evil.example:80{Path}",
            // Another scheme.
            "file:///etc/passwd", "ftp://evil.example/", "gopher://evil.example/", "data:text/plain,evil", "javascript:evil()", "unix:/var/run/docker.sock", "about:blank",
            // Another path, by walking or by encoding.
            $"/v1/../v1/chat/completions", "/v1/chat/../files", "/v1/chat/completions/../../files", "/v1/./chat/completions", "/v1//chat/completions", "/v1/chat/completions/",
            "/v1/chat/completions//", "/v1/%2e%2e/files", "/v1/%2E%2E/files", "/v1/..%2ffiles", "/v1/..;/files", "/v1/chat%2fcompletions", "/v1/chat/completion%73", "/%76%31/chat/completions",
            "/v1/chat/completions%00", "/v1/chat/completions\0", "/v1/chat/completions%0d%0aX: y", "/v1/chat/completions\r\nX: y", "/v1/chat/completions\n", "/v1/chat/completions\t",
            " /v1/chat/completions", "/v1/chat/completions ", "\uFEFF/v1/chat/completions", "/v1/chat/completions\u200B", "/ｖ1/chat/completions", "/v1/chat/completıons", "∕v1∕chat∕completions",
            // A query, a fragment, parameters.
            "/v1/chat/completions?x=1", "/v1/chat/completions#x", "/v1/chat/completions;x=1", "/v1/chat/completions?url=https://evil.example", "/v1/chat/completions\\",
            // Not one of the list.
            "", "/", "/v1", "/v1/", "v1/chat/completions", "/V1/chat/completions", "/v1/Chat/Completions", "/v1/files", "/v1/models", "/v2/chat/completions", "/chat/completions", "*", "POST /v1/chat/completions",
        ];
        return urls;
    }

    [Fact]
    public void There_are_at_least_60_hostile_urls() => Assert.True(HostileUrls().Count >= 60);

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[\"/v1/chat/completions\"]")]
    [InlineData("{\"path\":\"/v1/chat/completions\"}")]
    [InlineData("\"\\ud800\"")]
    public void A_url_that_is_no_text_is_refused(string url) =>
        Assert.Equal("url_mismatch", Parse($$$"""{"custom_id":"a","method":"POST","url":{{{url}}},"body":{}}""", out _)!.Code);

    private static BatchLineError? Parse(string line, out BatchRequest? request) => BatchLineParser.Parse(Encoding.UTF8.GetBytes(line), 7, url: null, out request);
}
