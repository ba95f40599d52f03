using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Server;

public sealed class AnswerTests
{
    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"a"}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"a"}],"stream":true}""")]
    [InlineData("/v1/embeddings", """{"model":"e","input":["a","b"]}""")]
    [InlineData("/v1/messages", """{"model":"c","max_tokens":9,"messages":[{"role":"user","content":"a"}]}""")]
    [InlineData("/v1/messages", """{"model":"c","max_tokens":9,"messages":[{"role":"user","content":"a"}],"stream":true}""")]
    public async Task The_same_seed_and_request_give_the_same_bytes_on_another_server(string path, string body)
    {
        var bodies = new List<byte[]>();
        for (int server = 0; server < 2; server++)
        {
            await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { Seed = 5 });
            for (int attempt = 0; attempt < 2; attempt++)
            {
                using HttpResponseMessage response = await simulator.PostAsync(path, body, ("anthropic-version", "2023-06-01"));
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                bodies.Add(await response.Content.ReadAsByteArrayAsync());
            }
        }

        Assert.All(bodies, other => Assert.Equal(bodies[0], other));
    }

    [Fact]
    public async Task Another_seed_or_another_request_gives_another_answer()
    {
        await using SimulatorFixture first = await SimulatorFixture.StartAsync(new SimulatorOptions { Seed = 1 });
        await using SimulatorFixture second = await SimulatorFixture.StartAsync(new SimulatorOptions { Seed = 2 });

        using HttpResponseMessage one = await first.ChatAsync(SimulatorFixture.Chat("a"));
        using HttpResponseMessage otherSeed = await second.ChatAsync(SimulatorFixture.Chat("a"));
        using HttpResponseMessage otherRequest = await first.ChatAsync(SimulatorFixture.Chat("b"));

        string[] ids = [(await one.JsonAsync()).Text("id")!, (await otherSeed.JsonAsync()).Text("id")!, (await otherRequest.JsonAsync()).Text("id")!];
        Assert.Equal(3, ids.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task A_chat_completion_has_the_provider_s_shape_and_a_usage_that_adds_up()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.ChatAsync(SimulatorFixture.Chat("12345678", ",\"max_tokens\":20"));
        JsonElement body = await response.JsonAsync();

        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("req_", response.Header("x-request-id"), StringComparison.Ordinal);
        Assert.StartsWith("chatcmpl-", body.Text("id"), StringComparison.Ordinal);
        Assert.Equal("chat.completion", body.Text("object"));
        Assert.Equal("m", body.Text("model"));
        JsonElement choice = Assert.Single(body.GetProperty("choices").EnumerateArray());
        Assert.Equal("assistant", choice.GetProperty("message").Text("role"));
        int words = choice.GetProperty("message").Text("content")!.Split(' ').Length;
        JsonElement usage = body.GetProperty("usage");
        Assert.Equal(words, usage.GetProperty("completion_tokens").GetInt32());
        Assert.InRange(words, 1, 20);
        Assert.Equal(words == 20 ? "length" : "stop", choice.Text("finish_reason"));
        Assert.Equal(2 + 4 + 3, usage.GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(words + 9, usage.GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task An_answer_of_all_the_tokens_it_may_have_ends_for_its_length()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage chat = await simulator.ChatAsync(SimulatorFixture.Chat(more: ",\"max_completion_tokens\":1"));
        using HttpResponseMessage message = await simulator.MessagesAsync(
            """{"model":"c","max_tokens":1,"messages":[{"role":"user","content":"a"}]}""");

        Assert.Equal("length", (await chat.JsonAsync()).GetProperty("choices")[0].Text("finish_reason"));
        Assert.Equal("max_tokens", (await message.JsonAsync()).Text("stop_reason"));
    }

    [Fact]
    public async Task A_message_has_the_provider_s_shape()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.MessagesAsync(SimulatorFixture.Message("hi", ",\"system\":\"12345678\""));
        JsonElement body = await response.JsonAsync();

        Assert.StartsWith("req_", response.Header("request-id"), StringComparison.Ordinal);
        Assert.StartsWith("msg_", body.Text("id"), StringComparison.Ordinal);
        Assert.Equal("message", body.Text("type"));
        Assert.Equal("assistant", body.Text("role"));
        Assert.Equal("c", body.Text("model"));
        JsonElement block = Assert.Single(body.GetProperty("content").EnumerateArray());
        Assert.Equal("text", block.Text("type"));
        Assert.Equal(3 + 4 + 3, body.GetProperty("usage").GetProperty("input_tokens").GetInt32());
        Assert.Equal(block.Text("text")!.Split(' ').Length, body.GetProperty("usage").GetProperty("output_tokens").GetInt32());
    }

    [Fact]
    public async Task Embeddings_are_unit_vectors_that_depend_on_their_text_only()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage both = await simulator.PostAsync("/v1/embeddings", """{"model":"e","input":["a","b"],"dimensions":100}""");
        using HttpResponseMessage one = await simulator.PostAsync("/v1/embeddings", """{"model":"e","input":"b","dimensions":100}""");

        JsonElement[] data = [.. (await both.JsonAsync()).GetProperty("data").EnumerateArray()];
        float[] first = [.. data[0].GetProperty("embedding").EnumerateArray().Select(static component => component.GetSingle())];
        float[] second = [.. data[1].GetProperty("embedding").EnumerateArray().Select(static component => component.GetSingle())];
        JsonElement alone = (await one.JsonAsync()).GetProperty("data")[0].GetProperty("embedding");
        Assert.Equal([0, 1], data.Select(static item => item.GetProperty("index").GetInt32()));
        Assert.Equal(100, first.Length);
        Assert.InRange(first.Sum(static component => component * component), 0.9999, 1.0001);
        Assert.NotEqual(first, second);
        Assert.Equal(second, alone.EnumerateArray().Select(static component => component.GetSingle()));
    }

    [Fact]
    public async Task Embeddings_as_base64_hold_the_same_numbers()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage numbers = await simulator.PostAsync("/v1/embeddings", """{"model":"e","input":[1,2,3]}""");
        using HttpResponseMessage base64 = await simulator.PostAsync("/v1/embeddings", """{"model":"e","input":[[1,2,3]],"encoding_format":"base64"}""");

        JsonElement plain = await numbers.JsonAsync();
        byte[] bytes = (await base64.JsonAsync()).GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal(3, plain.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(
            plain.GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(static component => component.GetSingle()),
            MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }

    [Fact]
    public async Task Models_are_listed()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.SendAsync(HttpMethod.Get, "/v1/models");

        Assert.Equal("list", (await response.JsonAsync()).Text("object"));
    }

    [Fact]
    public async Task A_body_of_a_megabyte_is_read_whole()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.ChatAsync(SimulatorFixture.Chat(new string('x', 1_000_000)));

        Assert.Equal(250_000 + 7, (await response.JsonAsync()).GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Fact]
    public async Task An_answer_never_comes_before_its_latency_has_passed()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(
            new SimulatorOptions { TimeToFirstToken = TimeSpan.FromSeconds(2), TimePerToken = TimeSpan.FromMilliseconds(50) });
        long start = simulator.Time.GetTimestamp();

        Task<HttpResponseMessage> sending = simulator.ChatAsync(SimulatorFixture.Chat());
        while (!sending.IsCompleted)
        {
            simulator.Time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        using HttpResponseMessage response = await sending;
        int tokens = (await response.JsonAsync()).GetProperty("usage").GetProperty("completion_tokens").GetInt32();
        TimeSpan waited = simulator.Time.GetElapsedTime(start) - simulator.Server.History.Snapshot()[0].At;
        Assert.True(waited >= TimeSpan.FromMilliseconds(2000 + (50 * tokens)));
    }

    [Fact]
    public async Task Many_clients_at_once_are_all_served_and_recorded_once()
    {
        const int clients = 32;
        const int each = 100;
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        await Task.WhenAll(Enumerable.Range(0, clients).Select(async client =>
        {
            for (int request = 0; request < each; request++)
            {
                using HttpResponseMessage response = await simulator.PostAsync(
                    anthropic: request % 2 == 0, content: $"{client}/{request}", more: request % 3 == 0 ? ",\"stream\":true" : "");
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                await response.Content.ReadAsByteArrayAsync();
            }
        }));

        IReadOnlyList<Arrival> history = simulator.Server.History.Snapshot();
        Assert.Equal(clients * each, simulator.Server.Counts.Served);
        Assert.Equal(Enumerable.Range(1, clients * each).Select(static sequence => (long)sequence), history.Select(static arrival => arrival.Sequence));
        Assert.All(history, static arrival => Assert.Equal(1, arrival.Attempt));
    }
}
