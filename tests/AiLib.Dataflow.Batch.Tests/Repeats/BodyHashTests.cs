using System.Text;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Repeats;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Repeats;

public sealed class BodyHashTests
{
    private readonly BodyHash _hash = new();

    [Theory]
    [InlineData("""{"a":"é","b":[1,2]}""", """ { "a" : "\u00e9" , "b" : [ 1 , 2 ] } """)]
    [InlineData("""{"a\"":"/"}""", """{"\u0061\u0022":"\/"}""")]
    [InlineData("{}", "{ }")]
    public void Equal_but_for_space_and_escapes_is_equal(string one, string other) => Assert.Equal(Of(one), Of(other));

    [Theory]
    [InlineData("""{"a":1}""", """{"a":"1"}""")]
    [InlineData("""{"a":1}""", """{"a":1.0}""")]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"b"}""")]
    [InlineData("""{"a":["b","c"]}""", """{"a":["bc"]}""")]
    [InlineData("""{"a":[["b"],"c"]}""", """{"a":["b",["c"]]}""")]
    [InlineData("""{"a":"b","c":"d"}""", """{"a":"b\"c\"d"}""")]
    [InlineData("""{"a":null}""", """{"a":"null"}""")]
    [InlineData("""{"a":true}""", """{"a":false}""")]
    [InlineData("""{"a":"\ud800"}""", """{"a":"\ud801"}""")]
    public void What_differs_in_a_value_is_not(string one, string other) => Assert.NotEqual(Of(one), Of(other));

    [Fact]
    public void Another_path_is_another_request() => Assert.NotEqual(Of("{}"), Of("{}", "/v1/embeddings"));

    private BatchId Of(string body, string path = "/v1/chat/completions") => _hash.Of(new ProviderRequest(path, Encoding.UTF8.GetBytes(body)));
}
