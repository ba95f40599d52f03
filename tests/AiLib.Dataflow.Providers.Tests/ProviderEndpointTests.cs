using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace AiLib.Dataflow.Providers.Tests;

public sealed class ProviderEndpointTests
{
    [Fact]
    public async Task The_body_goes_out_and_comes_back_byte_for_byte()
    {
        const string Body = "{ \"model\" : \"m\",\"x\":1.0, \"x\":\"\\u0041ä\" }";
        const string Answer = "{\"id\":\"a\", \"n\": 1.50}";
        var handler = new ScriptedHandler(_ => ScriptedHandler.Answer(200, Answer, headers: ("x-request-id", "req_1")));

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler, request: Endpoints.Request(Body));

        SentMessage sent = Assert.Single(handler.Sent);
        Assert.Equal(Body, Encoding.UTF8.GetString(sent.Body));
        Assert.Equal(HttpMethod.Post, sent.Method);
        Assert.Equal("application/json", sent.ContentType);
        Assert.True(outcome.IsAnswered);
        Assert.Equal(Answer, outcome.Response!.Body.Text());
        Assert.Equal("req_1", outcome.Response.RequestId);
        Assert.Equal(200, outcome.Response.StatusCode);
    }

    [Fact]
    public async Task The_tokens_used_are_the_cost()
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => ScriptedHandler.Answer(200, Endpoints.Answer));

        Assert.Equal((10L, (TokenCost?)new TokenCost(8, 2)), (outcome.Cost, outcome.TokenCost));
        Assert.Equal(new TokenUsage(8, 2), outcome.Response!.Usage);
    }

    [Fact]
    public async Task An_answer_without_usage_has_no_cost() =>
        Assert.Null((await Endpoints.CallAsync(_ => ScriptedHandler.Answer(200, "{}"))).Cost);

    [Theory]
    [InlineData(Dialect.OpenAI, "Authorization", "Bearer sk-test-0123456789abcdef")]
    [InlineData(Dialect.Anthropic, "x-api-key", "sk-test-0123456789abcdef")]
    [InlineData(Dialect.Azure, "api-key", "sk-test-0123456789abcdef")]
    public async Task Each_dialect_shows_the_key_in_its_own_header_and_in_no_other(Dialect dialect, string header, string value)
    {
        var handler = new ScriptedHandler(_ => ScriptedHandler.Answer(200, Endpoints.Answer));

        await Endpoints.CallAsync(handler, Endpoints.Options with { Dialect = dialect });

        SentMessage sent = Assert.Single(handler.Sent);
        Assert.Equal(value, sent.Headers[header]);
        Assert.Single(sent.Headers, pair => pair.Value.Contains("sk-test", StringComparison.Ordinal));
        Assert.Equal(dialect == Dialect.Anthropic, sent.Headers.ContainsKey("anthropic-version"));
    }

    [Fact]
    public async Task Without_a_key_no_key_is_shown()
    {
        var handler = new ScriptedHandler(_ => ScriptedHandler.Answer(200, Endpoints.Answer));

        await Endpoints.CallAsync(handler, Endpoints.Options with { Key = null });

        Assert.False(Assert.Single(handler.Sent).Headers.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task The_model_of_the_options_replaces_that_of_the_request()
    {
        var handler = new ScriptedHandler(_ => ScriptedHandler.Answer(200, Endpoints.Answer));

        await Endpoints.CallAsync(handler, Endpoints.Options with { Model = "gpt-4o-mini" }, Endpoints.Request("""{"a":{"model":"x"},"model":"y","b":1}"""));

        Assert.Equal("""{"a":{"model":"x"},"model":"gpt-4o-mini","b":1}""", Encoding.UTF8.GetString(Assert.Single(handler.Sent).Body));
    }

    [Fact]
    public async Task A_body_that_cannot_have_a_model_is_refused_before_the_wire()
    {
        var handler = new ScriptedHandler(_ => ScriptedHandler.Answer(200, Endpoints.Answer));

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler, Endpoints.Options with { Model = "m" }, Endpoints.Request("[1]"));

        Assert.Equal(OutcomeKind.Rejected, outcome.Kind);
        Assert.Empty(handler.Sent);
    }

    [Theory]
    [InlineData("<html>ok</html>", "text/html")]
    [InlineData("", "application/json")]
    [InlineData("   ", "application/json")]
    [InlineData("{\"a\":1", "application/json")]
    [InlineData("{\"a\":1}{\"b\":2}", "application/json")]
    [InlineData("{\"a\":1}\n{\"b\":2}", "application/json")]
    [InlineData("{'a':1}", "application/json")]
    [InlineData("OK", "text/plain")]
    public async Task A_200_without_one_whole_JSON_value_is_a_failure_and_no_answer(string body, string mediaType)
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => ScriptedHandler.Answer(200, body, mediaType));

        Assert.Equal(OutcomeKind.Failed, outcome.Kind);
        Assert.Equal(ProviderErrorCode.ServerError, outcome.Error().Code);
        Assert.Equal(200, outcome.Error().StatusCode);
    }

    [Fact]
    public async Task A_200_that_is_not_UTF8_is_a_failure()
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(
            _ => new HttpResponseMessage { Content = new ByteArrayContent([(byte)'"', 0xFF, (byte)'"']) });

        Assert.Equal(OutcomeKind.Failed, outcome.Kind);
    }

    [Fact]
    public async Task Blank_lines_and_a_byte_order_mark_around_an_answer_are_taken_off()
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => ScriptedHandler.Answer(200, "\uFEFF\n\n \r\n{\"a\":1}\n\n"));

        Assert.Equal("{\"a\":1}", outcome.Response!.Body.Text());
    }

    [Fact]
    public async Task An_answer_shorter_than_announced_is_a_failure()
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(
            _ =>
            {
                HttpResponseMessage response = ScriptedHandler.Answer(200, "{}");
                response.Content.Headers.ContentLength = 100;
                return response;
            });

        Assert.Equal(OutcomeKind.Failed, outcome.Kind);
        Assert.Equal(ProviderErrorCode.ServerError, outcome.Error().Code);
    }

    [Fact]
    public async Task An_endless_answer_is_cut_at_the_cap_and_not_asked_for_again()
    {
        var endless = new EndlessStream();
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(
            _ => new HttpResponseMessage { Content = new StreamContent(endless) }, Endpoints.Options with { MaxResponseBytes = 100_000 });

        Assert.Equal(OutcomeKind.Rejected, outcome.Kind);
        Assert.Contains("MaxResponseBytes", outcome.Error().Message, StringComparison.Ordinal);
        Assert.InRange(endless.BytesRead, 100_000, 400_000);
    }

    [Fact]
    public async Task An_endless_error_body_still_counts_by_its_status()
    {
        var endless = new EndlessStream();
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(
            _ => new HttpResponseMessage(System.Net.HttpStatusCode.TooManyRequests) { Content = new StreamContent(endless) });

        Assert.Equal(OutcomeKind.Throttled, outcome.Kind);
        Assert.InRange(endless.BytesRead, 1, 1_100_000);
        Assert.InRange(outcome.Response!.Body.Length, 1, ProviderException.MaxBodyLength);
        Assert.False(outcome.Error().BodyIsJson);
    }

    [Theory]
    [InlineData("Content-Type", "text/event-stream", false)]
    [InlineData("Content-Type", "Text/Event-Stream; charset=utf-8", false)]
    [InlineData("Content-Type", "application/json; charset=utf-8", true)]
    [InlineData("Content-Type", "APPLICATION/JSON", true)]
    [InlineData("Content-Type", "nonsense", true)]
    [InlineData("Content-Type", null, true)]
    [InlineData("Content-Encoding", "identity", true)]
    [InlineData("Content-Encoding", "br", false)]
    public async Task Type_and_encoding_of_an_answer_are_looked_at_however_they_are_written(string header, string? value, bool isAnswer)
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ =>
        {
            var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Endpoints.Answer));
            if (value is not null)
            {
                Assert.True(content.Headers.TryAddWithoutValidation(header, value));
            }

            return new HttpResponseMessage { Content = content };
        });

        Assert.Equal(isAnswer, outcome.IsAnswered);
        Assert.Equal(isAnswer, outcome.Response!.BodyIsJson);
    }

    [Fact]
    public async Task A_compressed_answer_is_not_opened()
    {
        var endless = new EndlessStream();
        var content = new StreamContent(endless);
        content.Headers.ContentEncoding.Add("gzip");

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => new HttpResponseMessage { Content = content });

        Assert.Equal(OutcomeKind.Failed, outcome.Kind);
        Assert.Equal(0, endless.BytesRead);
    }

    [Fact]
    public async Task An_error_comes_with_its_code_wait_body_and_id()
    {
        const string Body = """{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}""";

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(
            _ => ScriptedHandler.Answer(429, Body, headers: [("retry-after", "2.5"), ("x-request-id", "req_7")]));

        ProviderException error = outcome.Error();
        Assert.Equal(OutcomeKind.Throttled, outcome.Kind);
        Assert.Equal(TimeSpan.FromSeconds(2.5), outcome.RetryAfter);
        Assert.Equal((ProviderErrorCode.RateLimited, 429, "req_7", true), (error.Code, error.StatusCode, error.RequestId, error.BodyIsJson));
        Assert.Equal(Body, error.Body.Text());
        Assert.Equal(Body, outcome.Response!.Body.Text());
        Assert.Equal(429, outcome.Response.StatusCode);
        Assert.Equal("openai answered 429, rate_limited (E2001): Rate limit reached", error.Message);
    }

    [Fact]
    public async Task A_date_is_compared_with_the_given_clock()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 6, 0, 0, TimeSpan.Zero));
        var handler = new ScriptedHandler(_ => ScriptedHandler.Answer(503, "", headers: ("retry-after", "Sun, 01 Mar 2026 06:00:30 GMT")));

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler, time: time);

        Assert.Equal(TimeSpan.FromSeconds(30), outcome.RetryAfter);
        Assert.Equal(OutcomeKind.Overloaded, outcome.Kind);
    }

    [Fact]
    public async Task An_error_behind_a_200_is_an_error_and_may_have_cost_tokens()
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(
            _ => ScriptedHandler.Answer(200, """{"status":"failed","error":{"code":"rate_limit_exceeded","message":"x"},"usage":{"input_tokens":5,"output_tokens":1}}"""));

        Assert.Equal(OutcomeKind.Throttled, outcome.Kind);
        Assert.Equal(6, outcome.Cost);
    }

    [Theory]
    [InlineData("""{"error":null}""")]
    [InlineData("""{"error":{}}""")]
    [InlineData("""{"error":""}""")]
    [InlineData("""{"choices":[{"error":{"message":"x"}}]}""")]
    public async Task An_answer_whose_error_says_nothing_is_an_answer(string body) =>
        Assert.True((await Endpoints.CallAsync(_ => ScriptedHandler.Answer(200, body))).IsAnswered);

    [Fact]
    public async Task An_error_in_an_event_stream_is_found()
    {
        const string Body = "event: ping\ndata: {}\n\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => ScriptedHandler.Answer(200, Body, "text/event-stream"));

        Assert.Equal(OutcomeKind.Overloaded, outcome.Kind);
    }

    [Fact]
    public async Task An_event_stream_that_was_asked_for_is_refused_once()
    {
        const string Body = "data: {\"response\":{\"error\":null},\"error\":null}\n\ndata: [DONE]\n\n";

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => ScriptedHandler.Answer(200, Body, "text/event-stream; charset=utf-8".Split(';')[0]));

        Assert.Equal(OutcomeKind.Rejected, outcome.Kind);
        Assert.Contains("stream", outcome.Error().Message, StringComparison.Ordinal);
    }

    public static TheoryData<Exception, OutcomeKind, ProviderErrorCode> NetworkFaults { get; } = new()
    {
        { new HttpRequestException(HttpRequestError.ConnectionError, "x", new SocketException((int)SocketError.ConnectionRefused)), OutcomeKind.Failed, ProviderErrorCode.ServerError },
        { new HttpRequestException(HttpRequestError.NameResolutionError, "x", new SocketException((int)SocketError.HostNotFound)), OutcomeKind.Failed, ProviderErrorCode.ServerError },
        { new HttpRequestException(HttpRequestError.ConnectionError, "x", new SocketException((int)SocketError.TimedOut)), OutcomeKind.TimedOut, ProviderErrorCode.Timeout },
        { new HttpRequestException(HttpRequestError.ResponseEnded, "x"), OutcomeKind.Failed, ProviderErrorCode.ServerError },
        { new HttpRequestException(HttpRequestError.SecureConnectionError, "x", new IOException("reset")), OutcomeKind.Failed, ProviderErrorCode.ServerError },
        { new HttpRequestException(HttpRequestError.SecureConnectionError, "x", new AuthenticationException("expired")), OutcomeKind.Exhausted, ProviderErrorCode.ServerError },
        { new HttpIOException(HttpRequestError.ResponseEnded), OutcomeKind.Failed, ProviderErrorCode.ServerError },
        { new IOException("x"), OutcomeKind.Failed, ProviderErrorCode.ServerError },
        { new SocketException((int)SocketError.ConnectionReset), OutcomeKind.Failed, ProviderErrorCode.ServerError },
        { new TimeoutException(), OutcomeKind.TimedOut, ProviderErrorCode.Timeout },
        { new TaskCanceledException("connect", new TimeoutException()), OutcomeKind.TimedOut, ProviderErrorCode.Timeout },
        { new OperationCanceledException(), OutcomeKind.TimedOut, ProviderErrorCode.Timeout },
        { new InvalidOperationException("a bug"), OutcomeKind.Rejected, ProviderErrorCode.Unknown },
    };

    [Theory]
    [InlineData(HttpRequestError.ConnectionError, false)]
    [InlineData(HttpRequestError.NameResolutionError, false)]
    [InlineData(HttpRequestError.SecureConnectionError, false)]
    [InlineData(HttpRequestError.ProxyTunnelError, false)]
    [InlineData(HttpRequestError.ResponseEnded, true)]
    [InlineData(HttpRequestError.Unknown, true)]
    public async Task A_failure_says_whether_the_request_may_have_reached_the_provider(HttpRequestError error, bool wasSent)
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => throw new HttpRequestException(error, "x"));

        Assert.Equal(wasSent, outcome.Error().WasSent);
    }

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(NetworkFaults))]
    public async Task A_fault_of_the_network_is_an_outcome_with_an_exception_of_our_own(Exception fault, OutcomeKind kind, ProviderErrorCode code)
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => throw fault);

        Assert.Equal(kind, outcome.Kind);
        Assert.Equal(code, outcome.Error().Code);
        Assert.Null(outcome.Error().InnerException);
        Assert.Null(outcome.Error().StatusCode);
        Assert.Null(outcome.Response);
    }

    [Fact]
    public async Task A_body_that_breaks_off_after_an_error_status_leaves_the_status()
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(
            _ => new HttpResponseMessage(System.Net.HttpStatusCode.TooManyRequests) { Content = new StreamContent(new EndlessStream { BreaksAfter = 10 }) });

        Assert.Equal(OutcomeKind.Throttled, outcome.Kind);
    }

    [Fact]
    public async Task Cancellation_by_the_given_token_is_thrown_anew()
    {
        using var source = new CancellationTokenSource();
        var handler = new ScriptedHandler(
            async (_, token) =>
            {
                await source.CancelAsync();
                throw new HttpRequestException("aborted", new OperationCanceledException("sk-secret", token));
            });

        OperationCanceledException error = await Assert.ThrowsAsync<OperationCanceledException>(() => Endpoints.CallAsync(handler, cancellationToken: source.Token));

        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Null(error.InnerException);
    }

    [Fact]
    public async Task Nothing_is_sent_with_a_token_that_is_cancelled_already()
    {
        var handler = new ScriptedHandler(_ => ScriptedHandler.Answer(200, Endpoints.Answer));

        await Assert.ThrowsAsync<OperationCanceledException>(() => Endpoints.CallAsync(handler, cancellationToken: new CancellationToken(canceled: true)));

        Assert.Empty(handler.Sent);
    }

    [Fact]
    public async Task One_endpoint_serves_many_callers_and_mixes_nothing_up()
    {
        var handler = new ScriptedHandler(message => ScriptedHandler.Answer(200, Encoding.UTF8.GetString(message.Body)));
        using var endpoint = new ProviderEndpoint(Endpoints.Options with { Model = "m" }, handler: handler);

        await Parallel.ForAsync(
            0, 500,
            async (i, token) =>
            {
                Outcome<ProviderResponse> outcome = await endpoint.CallAsync(Endpoints.Request($$"""{"n":{{i}}}"""), default, token);
                Assert.Equal($$"""{"model":"m","n":{{i}}}""", outcome.Response!.Body.Text());
            });
    }

    [Fact]
    public async Task A_handler_that_was_handed_in_stays_open()
    {
        var handler = new ScriptedHandler(_ => ScriptedHandler.Answer(200, Endpoints.Answer));

        await Endpoints.CallAsync(handler);

        Assert.True((await Endpoints.CallAsync(handler)).IsAnswered);
    }

    [Fact]
    public async Task A_request_id_that_is_no_id_is_dropped()
    {
        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(
            _ =>
            {
                HttpResponseMessage response = ScriptedHandler.Answer(200, Endpoints.Answer);
                response.Headers.TryAddWithoutValidation("x-request-id", new string('x', 129));
                return response;
            });

        Assert.Null(outcome.Response!.RequestId);
    }

    [Fact]
    public async Task A_message_is_one_line_of_at_most_512_characters_without_control_characters()
    {
        string text = "a\\n\\u001b[31m\\u202e\\u0085" + new string('x', 2000);

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(_ => ScriptedHandler.Answer(400, $$$"""{"error":{"message":"{{{text}}}"}}"""));

        Assert.Equal(512, outcome.Error().Message.Length);
        Assert.DoesNotContain(outcome.Error().Message, c => char.IsControl(c) || c == '\u202e');
    }

    /// <summary>A stream of <c>a</c> without an end, or with a broken one.</summary>
    private sealed class EndlessStream : MemoryStream
    {
        public long BytesRead { get; private set; }

        public long BreaksAfter { get; init; } = long.MaxValue;

        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (BytesRead >= BreaksAfter)
            {
                throw new IOException("reset");
            }

            buffer.Span.Fill((byte)'a');
            BytesRead += buffer.Length;
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
