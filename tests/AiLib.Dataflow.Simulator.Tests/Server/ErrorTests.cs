using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Server;

public sealed class ErrorTests
{
    [Theory]
    [InlineData("", null, null, "We could not parse the JSON body of your request.")]
    [InlineData("{", null, null, "We could not parse the JSON body of your request.")]
    [InlineData("[]", null, null, "We could not parse the JSON body of your request.")]
    [InlineData("{} {}", null, "model", "you must provide a model parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"a"}]} x""", null, null, "We could not parse")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}]}""", null, "model", "you must provide a model parameter")]
    [InlineData("""{"model":"m"}""", "missing_required_parameter", "messages", "Missing required parameter: 'messages'.")]
    [InlineData("""{"model":"m","messages":[]}""", "empty_array", "messages", "Invalid 'messages': empty array.")]
    [InlineData("""{"model":"m","messages":"a"}""", "invalid_type", "messages", "Invalid type for 'messages': expected an array of objects, but got a string instead.")]
    [InlineData("""{"model":7,"messages":[]}""", "invalid_type", "model", "Invalid type for 'model': expected a string, but got a number instead.")]
    [InlineData("""{"model":"m","messages":[7]}""", "invalid_type", "messages[0]", "expected an object, but got a number")]
    [InlineData("""{"model":"m","messages":[{"content":"a"}]}""", "missing_required_parameter", "messages[0].role", "Missing required parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"boss","content":"a"}]}""", "invalid_value", "messages[0].role", "Invalid value: 'boss'. Supported values are: 'system'")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":7}]}""", "invalid_type", "messages[0].content", "but got a number")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":["a"]}]}""", "invalid_type", "messages[0].content[0]", "expected an object")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"max_tokens":0}""", "integer_below_min_value", "max_tokens", "Expected a value >= 1, but got 0 instead.")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"max_tokens":1.5}""", "invalid_type", "max_tokens", "expected an integer, but got a decimal number")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"stream":"yes"}""", "invalid_type", "stream", "expected a boolean")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"stream_options":[]}""", "invalid_type", "stream_options", "expected an object")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"n":2}""", "integer_above_max_value", "n", "Expected a value <= 1")]
    [InlineData("""{"model":"\ud800","messages":[{"role":"user"}]}""", null, null, "We could not parse")]
    public async Task A_wrong_chat_body_gets_openai_s_400(string body, string? code, string? parameter, string message)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { Faults = FaultRates.Parse("500=1") });

        using HttpResponseMessage response = await simulator.ChatAsync(body);

        JsonElement error = (await response.JsonAsync()).GetProperty("error");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_request_error", error.Text("type"));
        Assert.Equal(code, error.Text("code"));
        Assert.Equal(parameter, error.Text("param"));
        Assert.Contains(message, error.Text("message"), StringComparison.Ordinal);
        Assert.Equal(ArrivalDecision.Rejected, Assert.Single(simulator.Server.History.Snapshot()).Decision);
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "input", "missing_required_parameter")]
    [InlineData("""{"model":"m","input":[]}""", "input", "empty_array")]
    [InlineData("""{"model":"m","input":{}}""", "input", "invalid_type")]
    [InlineData("""{"model":"m","input":[true]}""", "input[0]", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","dimensions":0}""", "dimensions", "integer_below_min_value")]
    [InlineData("""{"model":"m","input":"a","encoding_format":"hex"}""", "encoding_format", "invalid_value")]
    public async Task A_wrong_embeddings_body_gets_openai_s_400(string body, string parameter, string code)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.PostAsync("/v1/embeddings", body);

        JsonElement error = (await response.JsonAsync()).GetProperty("error");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal((code, parameter), (error.Text("code"), error.Text("param")));
    }

    [Theory]
    [InlineData("no", "The request body is not valid JSON")]
    [InlineData("""{"max_tokens":1,"messages":[{"role":"user","content":"a"}]}""", "model: Field required")]
    [InlineData("""{"model":"c","messages":[{"role":"user","content":"a"}]}""", "max_tokens: Field required")]
    [InlineData("""{"model":"c","max_tokens":1}""", "messages: Field required")]
    [InlineData("""{"model":"c","max_tokens":1,"messages":[]}""", "messages: at least one message is required")]
    [InlineData("""{"model":"c","max_tokens":1,"messages":{}}""", "messages: Input should be an array of objects, not an object")]
    [InlineData("""{"model":"c","max_tokens":0,"messages":[]}""", "max_tokens: Input should be greater than or equal to 1")]
    [InlineData("""{"model":"c","max_tokens":1,"messages":[{"role":"system","content":"a"}]}""", "messages[0].role: Input should be one of 'user', 'assistant'")]
    public async Task A_wrong_message_body_gets_anthropic_s_400(string body, string message)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.MessagesAsync(body);

        JsonElement error = await response.JsonAsync();
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("error", error.Text("type"));
        Assert.Equal("invalid_request_error", error.GetProperty("error").Text("type"));
        Assert.StartsWith(message, error.GetProperty("error").Text("message"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64, HttpStatusCode.OK)]
    [InlineData(65, HttpStatusCode.BadRequest)]
    public async Task Nesting_is_allowed_to_64_levels(int levels, HttpStatusCode expected)
    {
        // The body itself is the first level.
        string nested = new string('[', levels - 1) + new string(']', levels - 1);
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.ChatAsync(SimulatorFixture.Chat(more: ",\"metadata\":" + nested));

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task A_message_without_a_version_header_is_refused()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.PostAsync("/v1/messages", SimulatorFixture.Message());

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("anthropic-version: header is required", (await response.JsonAsync()).GetProperty("error").Text("message"));
    }

    [Fact]
    public async Task An_unknown_path_gets_the_404_of_the_client_s_dialect()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage openAI = await simulator.PostAsync("/v1/responses", "{}");
        using HttpResponseMessage anthropic = await simulator.PostAsync("/v1/complete", "{}", ("anthropic-version", "2023-06-01"));

        Assert.Equal(HttpStatusCode.NotFound, openAI.StatusCode);
        Assert.Equal("Invalid URL (POST /v1/responses)", (await openAI.JsonAsync()).GetProperty("error").Text("message"));
        Assert.Equal(HttpStatusCode.NotFound, anthropic.StatusCode);
        Assert.Equal("not_found_error", (await anthropic.JsonAsync()).GetProperty("error").Text("type"));
    }

    [Fact]
    public async Task A_wrong_method_gets_405()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.SendAsync(HttpMethod.Get, "/v1/chat/completions");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal("method_not_supported", (await response.JsonAsync()).GetProperty("error").Text("code"));
    }

    [Theory]
    [InlineData(null, null, "")]
    [InlineData("Authorization", "Bearer wrong-key-value", "invalid_api_key")]
    [InlineData("Authorization", "Basic secret", "")]
    public async Task A_missing_or_wrong_key_gets_openai_s_401_which_does_not_repeat_it(string? name, string? value, string code)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { ApiKey = "secret" });

        using HttpResponseMessage response = name is null
            ? await simulator.ChatAsync(SimulatorFixture.Chat())
            : await simulator.PostAsync("/v1/chat/completions", SimulatorFixture.Chat(), (name, value!));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(code, (await response.JsonAsync()).GetProperty("error").Text("code") ?? "");
        Assert.DoesNotContain("wrong-key-value", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_dialect_accepts_the_right_key_in_its_own_header()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { ApiKey = "secret" });

        using HttpResponseMessage openAI = await simulator.PostAsync("/v1/chat/completions", SimulatorFixture.Chat(), ("Authorization", "Bearer secret"));
        using HttpResponseMessage anthropic = await simulator.PostAsync(
            "/v1/messages", SimulatorFixture.Message(), ("anthropic-version", "2023-06-01"), ("x-api-key", "secret"));
        using HttpResponseMessage refused = await simulator.PostAsync(
            "/v1/messages", SimulatorFixture.Message(), ("anthropic-version", "2023-06-01"), ("x-api-key", "other"));

        Assert.Equal(HttpStatusCode.OK, openAI.StatusCode);
        Assert.Equal(HttpStatusCode.OK, anthropic.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("authentication_error", (await refused.JsonAsync()).GetProperty("error").Text("type"));
    }

    [Fact]
    public async Task A_body_above_the_limit_is_refused_before_it_is_read()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(simulator.Server.BaseAddress, "/v1/chat/completions"));
        request.Headers.ExpectContinue = true;
        request.Content = new ByteArrayContent(new byte[(64 * 1024 * 1024) + 1]);

        using HttpResponseMessage response = await simulator.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("request_too_large", (await response.JsonAsync()).GetProperty("error").Text("code"));
    }

    [Fact]
    public async Task A_body_in_chunks_without_a_length_is_read()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(simulator.Server.BaseAddress, "/v1/chat/completions"));
        request.Headers.TransferEncodingChunked = true;
        request.Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(SimulatorFixture.Chat(new string('y', 20_000)))));

        using HttpResponseMessage response = await simulator.Client.SendAsync(request);

        Assert.Equal(5007, (await response.JsonAsync()).GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }
}
