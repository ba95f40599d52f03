using System.Collections;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace AiLib.Dataflow.Providers.Tests.Keys;

/// <summary>A canary key, every fault we know, and a provider that repeats the key wherever it can.</summary>
public sealed class KeyLeakTests
{
    private const string PlainKey = "sk-canary-7f3k9Q2xLm8Zt";
    private const string OddKey = "can+ary/7f3k=9Q'2xL\\m8<Zt";

    private static readonly Dictionary<string, Func<string, HttpResponseMessage>> Faults = new(StringComparer.Ordinal)
    {
        ["error message"] = key => Error(401, $$"""{"error":{"message":"Incorrect API key provided: {{JavaScriptEncoder.Default.Encode(key)}}.","code":"invalid_api_key"} }"""),
        ["error message, relaxed escapes"] = key => Error(401, $$"""{"error":{"message":"{{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(key)}}"} }"""),
        ["error message, all escaped"] = key => Error(400, $$"""{"error":{"message":"{{string.Concat(key.Select(c => $"\\u{(int)c:x4}"))}}"} }"""),
        ["error code and type"] = key => Error(429, $$"""{"error":{"code":"{{JavaScriptEncoder.Default.Encode(key)}}","type":"{{JavaScriptEncoder.Default.Encode(key)}}","message":"x"} }"""),
        ["echoed header"] = key => Error(403, $"Forbidden. Headers: Authorization: Bearer {key}; x-api-key: {key}; api-key: {key}"),
        ["page"] = key => Error(502, $"<html>{WebUtility.UrlEncode(key)} {Uri.EscapeDataString(key)} {key}</html>", "text/html"),
        ["base64"] = key => Error(500, $$"""{"error":{"message":"{{Base64("u:" + key)}} {{Base64(key)}} {{Base64("ab" + key + "x")}}"} }"""),
        ["request id"] = key => ScriptedHandler.Answer(500, "{}", headers: ("x-request-id", key)),
        ["request id of an answer"] = key => ScriptedHandler.Answer(200, "{}", headers: ("x-request-id", key)),
        ["request id in the body"] = key => Error(500, $$"""{"request_id":"{{JavaScriptEncoder.Default.Encode(key)}}","error":{"message":"x"} }"""),
        ["redirect"] = key =>
        {
            HttpResponseMessage response = Error(307, key);
            response.Headers.Location = new Uri($"https://user:{Uri.EscapeDataString(key)}@other.example/{Uri.EscapeDataString(key)}?key={Uri.EscapeDataString(key)}");
            return response;
        },
        ["reason phrase"] = key => new HttpResponseMessage(HttpStatusCode.BadGateway) { ReasonPhrase = key, Content = new StringContent(key) },
        ["retry after"] = key => ScriptedHandler.Answer(429, "", headers: ("retry-after-ms", key)),
        ["media type"] = key =>
        {
            HttpResponseMessage response = Error(200, "no JSON");
            response.Content.Headers.Remove("Content-Type");
            response.Content.Headers.TryAddWithoutValidation("Content-Type", $"text/{key}; charset={key}");
            return response;
        },
        ["damaged answer"] = key => Error(200, "{\"x\":\"" + key),
        ["error behind 200"] = key => Error(200, $$"""{"error":{"message":"{{JavaScriptEncoder.Default.Encode(key)}}"} }"""),
        ["error in a stream"] = key => Error(200, $"event: error\ndata: {{\"error\":{{\"message\":\"{JavaScriptEncoder.Default.Encode(key)}\"}}}}\n\n", "text/event-stream"),
        ["stream"] = key => Error(200, $"data: {key}\n\n", "text/event-stream"),
        ["cut at the message's length"] = key => Error(400, $$"""{"error":{"message":"{{new string(' ', 440)}}{{JavaScriptEncoder.Default.Encode(key)}}"} }"""),
        ["cut at the body's length"] = key => Error(400, new string(' ', 1) + new string('a', (64 * 1024) - 12) + key),
        ["cut at the read's length"] = key => Error(400, string.Concat(Enumerable.Repeat($"sk-{new string('x', 60)} ", 4095)) + new string('a', 64 - 12) + key),
        ["exception message"] = key => throw new HttpRequestException($"POST with Authorization: Bearer {key} failed"),
        ["exception in an exception"] = key => throw new InvalidOperationException("x", new IOException(key, new TimeoutException(key))),
        ["exception data"] = key => throw new IOException("x") { Data = { ["key"] = key, [key] = "x" }, HelpLink = key, Source = key },
        ["foreign exception"] = key => throw new FormatException(key),
        ["cancelled by itself"] = key => throw new TaskCanceledException(key, new TimeoutException(key)),
    };

    public static TheoryData<string, Dialect, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, Dialect, string>();
            foreach (string fault in Faults.Keys)
            {
                foreach (Dialect dialect in Enum.GetValues<Dialect>())
                {
                    cases.Add(fault, dialect, PlainKey);
                    cases.Add(fault, dialect, OddKey);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_key_is_in_nothing_that_comes_out(string fault, Dialect dialect, string key)
    {
        var handler = new ScriptedHandler(_ => Faults[fault](key));

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler, Endpoints.Options with { Key = new Secret(key), Dialect = dialect });

        Assert.Contains(Assert.Single(handler.Sent).Headers.Values, value => value.Contains(key, StringComparison.Ordinal));
        foreach (string text in Everything(outcome))
        {
            AssertClean(text, key);
        }
    }

    [Fact]
    public async Task A_key_is_in_no_exception_of_a_cancelled_call()
    {
        using var source = new CancellationTokenSource();
        var handler = new ScriptedHandler(
            async (_, token) =>
            {
                await source.CancelAsync();
                throw new OperationCanceledException(PlainKey, new IOException(PlainKey), token);
            });

        OperationCanceledException error = await Assert.ThrowsAsync<OperationCanceledException>(
            () => Endpoints.CallAsync(handler, Endpoints.Options with { Key = new Secret(PlainKey) }, cancellationToken: source.Token));

        AssertClean(error.ToString(), PlainKey);
    }

    [Fact]
    public async Task The_message_that_outlives_the_call_has_no_key()
    {
        HttpResponseMessage? kept = null;
        var handler = new ScriptedHandler(_ => kept = ScriptedHandler.Answer(200, Endpoints.Answer));

        await Endpoints.CallAsync(handler, Endpoints.Options with { Key = new Secret(PlainKey) });

        AssertClean(kept!.RequestMessage!.Headers.ToString(), PlainKey);
    }

    [Fact]
    public void An_exception_made_by_others_is_cleaned_as_well()
    {
        var error = new ProviderException(ProviderErrorCode.Unknown, $"Bearer {PlainKey}", 400, "r", Encoding.UTF8.GetBytes($$"""{"key":"{{PlainKey}}"}"""));

        AssertClean(error.ToString(), PlainKey);
        AssertClean(error.Body.Text(), PlainKey);
        Assert.True(error.BodyIsJson);
    }

    private static IEnumerable<string> Everything(Outcome<ProviderResponse> outcome)
    {
        yield return outcome.ToString();
        if (outcome.Response is { } response)
        {
            yield return response.Body.Text();
            yield return response.RequestId ?? "";
        }

        for (Exception? error = outcome.Error; error is not null; error = error.InnerException)
        {
            yield return error.ToString();
            yield return error.Message;
            yield return error.HelpLink ?? "";
            yield return error.Source ?? "";
            foreach (DictionaryEntry entry in error.Data)
            {
                yield return $"{entry.Key} {entry.Value}";
            }

            if (error is ProviderException provider)
            {
                yield return provider.Body.Text();
                yield return provider.RequestId ?? "";
            }
        }
    }

    private static void AssertClean(string text, string key)
    {
        // Nine characters of it would be too many, in any spelling, decoded or not.
        foreach (string form in new[] { text, WebUtility.UrlDecode(text), Uri.UnescapeDataString(text), System.Text.RegularExpressions.Regex.Replace(text, @"\\u00([0-9a-fA-F]{2})", m => ((char)Convert.ToInt32(m.Groups[1].Value, 16)).ToString()) })
        {
            for (int at = 0; at + 12 <= key.Length; at++)
            {
                Assert.DoesNotContain(key.Substring(at, 12), form, StringComparison.Ordinal);
            }
        }

        for (int offset = 0; offset < 3; offset++)
        {
            string base64 = Base64(new string('\0', offset) + key);
            Assert.DoesNotContain(base64[4..^4], text, StringComparison.Ordinal);
        }
    }

    private static HttpResponseMessage Error(int status, string body, string mediaType = "application/json") => ScriptedHandler.Answer(status, body, mediaType);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
