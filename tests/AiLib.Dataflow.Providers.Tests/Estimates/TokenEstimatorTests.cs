using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using AiLib.Dataflow.Providers.Estimates;
using CsCheck;

namespace AiLib.Dataflow.Providers.Tests.Estimates;

public sealed class TokenEstimatorTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Responses = "/v1/responses";
    private const string Completions = "/v1/completions";
    private const string Embeddings = "/v1/embeddings";
    private const string Messages = "/v1/messages";

    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // FIVE stands for a text of five tokens. Each message has 4 tokens around it, and each chat 3.
    [Theory]
    [InlineData(Chat, """{"messages":[]}""", 3)]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"FIVE"}]}""", 5 + 4 + 3)]
    [InlineData(Chat, """{"messages":[{"role":"system","content":"FIVE"},{"role":"user","content":"FIVE"}],"model":"FIVE","user":"FIVE"}""", 10 + 8 + 3)]
    [InlineData(Chat, """{"messages":[{"content":[{"type":"text","text":"FIVE"},{"type":"text","text":"FIVE"}],"role":"user"}]}""", 10 + 4 + 3)]
    [InlineData(Chat, """{"messages":[{"role":"user","content":null}]}""", 4 + 3)]
    [InlineData(Chat, """{"messages":[{"content":[{"type":"image_url","image_url":{"url":"https://FIVE"}}]}]}""", 765 + 4 + 3)]
    [InlineData(Chat, """{"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:FIVE","detail":"low"}}]}]}""", 85 + 4 + 3)]
    [InlineData(Chat, """{"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"FIVE","format":"wav"}},{"type":"text","text":"FIVE"}]}]}""", 3000 + 5 + 4 + 3)]
    [InlineData(Chat, """{"messages":[{"content":[{"type":"file","file":{"filename":"FIVE","file_data":"FIVE"}}]}]}""", 3000 + 4 + 3)]
    // A call: the function's name and its arguments, of which the names count as well; identifiers do not.
    [InlineData(Chat, """{"messages":[{"role":"assistant","tool_calls":[{"id":"FIVE","type":"function","function":{"name":"FIVE","arguments":"FIVE"}}]}]}""", 10 + 4 + 3)]
    [InlineData(Chat, """{"messages":[{"role":"tool","tool_call_id":"FIVE","content":"FIVE"}]}""", 5 + 4 + 3)]
    [InlineData(Chat, """{"messages":[],"tools":[{"FIVE":"FIVE","FIVE":{"FIVE":[1,true,null]}}]}""", 20 + 3 + 3)]
    [InlineData(Chat, """{"messages":[],"response_format":{"FIVE":"FIVE"}}""", 10 + 3)]
    [InlineData(Messages, """{"system":"FIVE","messages":[{"role":"user","content":"FIVE"}],"max_tokens":5}""", 10 + 8 + 3)]
    [InlineData(Messages, """{"system":[{"type":"text","text":"FIVE","cache_control":{"type":"ephemeral"}}],"messages":[]}""", 5 + 4 + 3)]
    [InlineData(Messages, """{"messages":[{"content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"FIVE"}}]}]}""", 765 + 4 + 3)]
    [InlineData(Messages, """{"messages":[{"content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"FIVE"}}]}]}""", 3000 + 4 + 3)]
    [InlineData(Messages, """{"messages":[{"content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"FIVE"},"title":"FIVE"}]}]}""", 10 + 4 + 3)]
    [InlineData(Messages, """{"messages":[{"content":[{"type":"document","source":{"type":"content","content":[{"type":"text","text":"FIVE"}]}}]}]}""", 5 + 4 + 3)]
    [InlineData(Messages, """{"messages":[{"content":[{"type":"tool_use","id":"FIVE","name":"FIVE","input":{"FIVE":"FIVE","FIVE":7}}]}]}""", 20 + 1 + 4 + 3)]
    [InlineData(Messages, """{"messages":[{"content":[{"type":"tool_result","tool_use_id":"FIVE","content":[{"type":"text","text":"FIVE"}]}]}]}""", 5 + 4 + 3)]
    [InlineData(Responses, """{"input":"FIVE"}""", 5 + 4 + 3)]
    [InlineData(Responses, """{"instructions":"FIVE","input":"FIVE"}""", 10 + 8 + 3)]
    [InlineData(Responses, """{"input":[{"role":"user","content":[{"type":"input_text","text":"FIVE"},{"type":"input_image","image_url":"https://FIVE"}]}]}""", 5 + 765 + 4 + 3)]
    [InlineData(Responses, """{"input":[{"type":"function_call","call_id":"FIVE","name":"FIVE","arguments":"FIVE"},{"type":"function_call_output","output":"FIVE"}]}""", 15 + 8 + 3)]
    [InlineData(Responses, """{"input":[{"content":[{"type":"input_file","filename":"FIVE","file_id":"FIVE"}]}]}""", 3000 + 4 + 3)]
    [InlineData(Completions, """{"prompt":"FIVE"}""", 5)]
    [InlineData(Completions, """{"prompt":["FIVE","FIVE"]}""", 10)]
    [InlineData(Completions, """{"prompt":[1,2,3]}""", 3)]
    [InlineData(Completions, """{"prompt":[[1,2],[3]]}""", 3)]
    [InlineData(Embeddings, """{"input":"FIVE"}""", 5)]
    [InlineData(Embeddings, """{"input":["FIVE","FIVE"]}""", 10)]
    [InlineData(Embeddings, """{"input":[[1,2],[3]]}""", 3)]
    [InlineData("/v1/moderations", """{"input":"FIVE"}""", 5)]
    public void Input_is_what_the_model_reads(string path, string body, long expected) =>
        Assert.Equal(expected, Estimate(path, body).Input);

    [Theory]
    [InlineData(Chat, """{"max_tokens":64}""", 64)]
    [InlineData(Chat, """{"max_completion_tokens":64}""", 64)]
    [InlineData(Responses, """{"max_output_tokens":64}""", 64)]
    [InlineData(Messages, """{"max_tokens":64}""", 64)]
    [InlineData(Chat, """{"max_tokens":64,"max_completion_tokens":100}""", 100)]
    [InlineData(Chat, """{"max_tokens":64,"n":3}""", 192)]
    [InlineData(Completions, """{"max_tokens":64,"best_of":5,"n":2}""", 320)]
    [InlineData(Completions, """{"max_tokens":64,"n":2,"best_of":5}""", 320)]
    [InlineData(Completions, """{"max_tokens":64,"prompt":["a","b"],"n":2}""", 256)]
    [InlineData(Completions, """{"max_tokens":64,"prompt":[[1,2],[3]]}""", 128)]
    [InlineData(Completions, """{"max_tokens":64,"prompt":[1,2]}""", 64)]
    // Where nothing is said.
    [InlineData(Chat, "{}", 1024)]
    [InlineData(Chat, """{"n":2}""", 2048)]
    [InlineData(Responses, "{}", 1024)]
    [InlineData(Messages, "{}", 1024)]
    [InlineData("/v1/something", "{}", 1024)]
    [InlineData(Completions, "{}", 16)]
    [InlineData(Embeddings, """{"input":"a"}""", 0)]
    [InlineData("/v1/moderations", """{"input":"a"}""", 0)]
    // Where nonsense is said.
    [InlineData(Completions, """{"max_tokens":0}""", 0)]
    [InlineData(Completions, """{"max_tokens":-5}""", 16)]
    [InlineData(Completions, """{"max_tokens":"64"}""", 16)]
    [InlineData(Completions, """{"max_tokens":{"max_tokens":64}}""", 16)]
    [InlineData(Completions, """{"metadata":{"max_tokens":64}}""", 16)]
    [InlineData(Completions, """{"max_tokens":64,"n":-1,"best_of":"x"}""", 64)]
    [InlineData(Completions, """{"max_tokens":9223372036854775807}""", 10_000_000)]
    [InlineData(Completions, """{"max_tokens":9223372036854775807,"n":9223372036854775807}""", 10_240_000_000)]
    public void Output_is_the_most_that_may_be_answered(string path, string body, long expected) =>
        Assert.Equal(expected, Estimate(path, body).Output);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("this is no JSON at all")]
    [InlineData("""{"messages":[{"content":"cut sh""")]
    [InlineData("""{"messages":[{"content":"a"}]]""")]
    [InlineData("""{"messages" "x"}""")]
    public void A_body_that_cannot_be_read_costs_a_quarter_of_its_bytes(string body) =>
        Assert.Equal(new TokenEstimate((body.Length + 3) / 4, 1024), Estimate(Chat, body));

    [Fact]
    public void A_body_that_is_too_deep_costs_a_quarter_of_its_bytes()
    {
        string body = $$"""{"messages":{{new string('[', 100)}}{{new string(']', 100)}}}""";

        Assert.Equal((body.Length + 3) / 4, Estimate(Chat, body).Input);
    }

    [Fact]
    public void A_picture_where_a_text_is_expected_is_not_counted_as_text() =>
        Assert.Equal(765 + 4 + 3, Estimate(Chat, $$"""{"messages":[{"content":"data:image/png;base64,{{new string('A', 100_000)}}"}]}""").Input);

    [Fact]
    public void Escapes_do_not_change_what_a_text_counts()
    {
        foreach (string text in (string[])["猫每天\n在厨房", "“Łódź” – ça", "кот\t«спит»", "고양이", "a\\b\"c\"/d", "😀🎉", "\u0001"])
        {
            string escaped = JsonSerializer.Serialize(new { prompt = text });
            string plain = JsonSerializer.Serialize(new { prompt = text }, Unescaped);

            Assert.InRange(Estimate(Completions, escaped).Input - Estimate(Completions, plain).Input, 0, 0);
        }
    }

    [Fact]
    public void Chinese_counts_more_for_each_character_than_English()
    {
        long english = Estimate(Completions, $$"""{"prompt":"{{new string('e', 1000)}}"}""").Input;
        long chinese = Estimate(Completions, $$"""{"prompt":"{{new string('猫', 1000)}}"}""").Input;

        Assert.InRange(english, 100, 300);
        Assert.InRange(chinese, 700, 900);
    }

    [Fact]
    public void An_estimate_allocates_nothing()
    {
        byte[] body = Encoding.UTF8.GetBytes(
            """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"caf\u00e9 \"x\" and 猫"},{"type":"image_url","image_url":{"url":"u"}}]}],"tools":[{"a":1}],"max_tokens":5}""");
        long sum = TokenEstimator.Estimate(Chat, body).Total;

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            sum += TokenEstimator.Estimate(Chat, body).Total;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);
    }

    [Fact]
    public void Random_bytes_are_estimated_without_an_exception_and_within_bounds()
    {
        Gen<string> pieces = Gen.OneOf(
            "{", "}", "[", "]", ":", ",", "\"messages\":", "\"input\":", "\"prompt\":", "\"content\":", "\"system\":", "\"tools\":", "\"source\":", "\"image_url\":", "\"file\":", "\"type\":",
            "\"document\"", "\"text\"", "\"detail\":\"low\"", "\"max_tokens\":", "\"n\":", "5", "-1e999", "99999999999999999999", "null", "\"\\ud800\"", "\"\\ud800\":", "\"\\u732b\\n\"", "\u00FF", "\"data:\"", "\"arguments\":");
        Gen.Select(Gen.OneOf(Chat, Responses, Completions, Embeddings, Messages, "/v1/moderations", "x"), pieces.List[0, 30])
            .Sample(
                (path, parts) =>
                {
                    string body = string.Concat(parts);
                    foreach (string json in (string[])[body, "{" + body, "{\"messages\":[{\"content\":" + body, "{\"input\":[" + body + "]}", "{\"tools\":" + body + "}"])
                    {
                        byte[] bytes = Encoding.Latin1.GetBytes(json);
                        TokenEstimate estimate = TokenEstimator.Estimate(path, bytes);
                        if (estimate.Input < 0 || estimate.Output < 0 || estimate.Input > (3000L * bytes.Length) + 3)
                        {
                            return false;
                        }
                    }

                    return true;
                },
                iter: 20_000);
    }

    [Fact]
    public void A_total_never_overflows() => Assert.Equal(long.MaxValue, new TokenEstimate(long.MaxValue, 5).Total);

    // 32 letters of 5/32 tokens each.
    private static TokenEstimate Estimate(string path, string body) =>
        TokenEstimator.Estimate(path, Encoding.UTF8.GetBytes(body.Replace("FIVE", new string('a', 32), StringComparison.Ordinal)));
}
