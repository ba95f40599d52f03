using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiLib.Dataflow.Providers.Json;
using CsCheck;

namespace AiLib.Dataflow.Providers.Tests.Json;

public sealed class ModelSpliceTests
{
    [Theory]
    [InlineData("""{"model":"old"}""", """{"model":"new"}""")]
    [InlineData("""{"a":1,"model":"old","b":[1, 2]}""", """{"a":1,"model":"new","b":[1, 2]}""")]
    [InlineData("""  { "model" :  "a very much longer name" , "b":1.00 }  """, """  { "model" :  "new" , "b":1.00 }  """)]
    [InlineData("""{"model":null}""", """{"model":"new"}""")]
    [InlineData("""{"model":{"model":"x"},"b":1}""", """{"model":"new","b":1}""")]
    [InlineData("""{"model":[1,2],"b":1}""", """{"model":"new","b":1}""")]
    [InlineData("""{"mod\u0065l":"old"}""", """{"mod\u0065l":"new"}""")]
    [InlineData("""{"model":"a","x":1,"model":"b"}""", """{"model":"new","x":1,"model":"new"}""")]
    [InlineData("""{"messages":[{"model":"inner"}],"tools":{"model":"inner"}}""", """{"model":"new","messages":[{"model":"inner"}],"tools":{"model":"inner"}}""")]
    [InlineData("""{"Model":"x"}""", """{"model":"new","Model":"x"}""")]
    [InlineData("{}", """{"model":"new"}""")]
    [InlineData(" { } ", """ {"model":"new" } """)]
    public void The_model_is_set_and_every_other_byte_stays(string body, string expected)
    {
        Assert.True(new ModelSplice("new").TrySet(Encoding.UTF8.GetBytes(body), out byte[]? result));

        Assert.Equal(expected, Encoding.UTF8.GetString(result));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{} x")]
    [InlineData("{\"model\":}")]
    [InlineData("{\"model\":\"x\",}")]
    [InlineData("{\"model\":\"x\"")]
    [InlineData("{\"a\":1 \"model\":2}")]
    [InlineData("{/**/}")]
    [InlineData("{\"\\ud800\":1")]
    [InlineData("""{"model":1,"model":1,"model":1,"model":1,"model":1,"model":1,"model":1,"model":1,"model":1}""")]
    public void What_is_not_one_object_is_refused(string body) => Assert.False(new ModelSplice("new").TrySet(Encoding.UTF8.GetBytes(body), out _));

    [Fact]
    public void A_name_that_is_no_text_is_not_the_model_and_does_no_harm()
    {
        bool isSet = new ModelSplice("new").TrySet("""{"\ud800xxxxx":1,"model":2}"""u8, out byte[]? result);

        Assert.True(!isSet || Encoding.UTF8.GetString(result!).Contains("\"model\":\"new\"", StringComparison.Ordinal));
    }

    [Fact]
    public void A_model_with_quotes_is_escaped()
    {
        Assert.True(new ModelSplice("a\"b\\cä/d").TrySet("{}"u8, out byte[]? result));

        Assert.Equal("a\"b\\cä/d", JsonDocument.Parse(result).RootElement.GetProperty("model").GetString());
    }

    [Fact]
    public void Any_object_differs_afterwards_in_its_model_and_in_nothing_else()
    {
        Gen<string> name = Gen.OneOf(Gen.Const("model"), Gen.String[0, 6]).Where(text => text.All(c => !char.IsSurrogate(c)));
        Gen<JsonNode?> value = Gen.OneOf<JsonNode?>(
            Gen.Int.Select(number => (JsonNode?)number), Gen.Bool.Select(flag => (JsonNode?)flag), name.Select(text => (JsonNode?)text), Gen.Const((JsonNode?)null),
            name.Select(text => (JsonNode?)new JsonObject { [text] = new JsonArray(1, text) }));

        Gen.Select(name, value).List[0, 6].Select(Gen.Bool)
            .Sample(
                (pairs, indented) =>
                {
                    var before = new JsonObject();
                    foreach ((string key, JsonNode? node) in pairs)
                    {
                        before[key] = node?.DeepClone();
                    }

                    byte[] body = Encoding.UTF8.GetBytes(before.ToJsonString(new JsonSerializerOptions { WriteIndented = indented }));
                    Assert.True(new ModelSplice("new").TrySet(body, out byte[]? result));
                    before["model"] = "new";
                    return JsonNode.DeepEquals(before, JsonNode.Parse(result));
                },
                iter: 20_000);
    }
}
