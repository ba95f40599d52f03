using System.Text.Json;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Server;

public sealed class StreamTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_chat_stream_begins_with_the_role_and_ends_with_done(bool includeUsage)
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();
        string options = includeUsage ? ",\"stream_options\":{\"include_usage\":true}" : "";

        using HttpResponseMessage response = await simulator.ChatAsync(SimulatorFixture.Chat(more: ",\"stream\":true" + options));
        string[] events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.All(events, static text => Assert.StartsWith("data: ", text, StringComparison.Ordinal));
        Assert.Equal("data: [DONE]", events[^1]);
        JsonElement[] chunks = [.. events[..^1].Select(static text => JsonDocument.Parse(text["data: ".Length..]).RootElement)];
        Assert.Single(chunks.Select(static chunk => chunk.Text("id")).Distinct(StringComparer.Ordinal));
        Assert.All(chunks, static chunk => Assert.Equal("chat.completion.chunk", chunk.Text("object")));
        Assert.Equal("assistant", chunks[0].GetProperty("choices")[0].GetProperty("delta").Text("role"));

        JsonElement[] withChoice = includeUsage ? chunks[..^1] : chunks;
        JsonElement last = withChoice[^1].GetProperty("choices")[0];
        Assert.Equal("stop", last.Text("finish_reason"));
        Assert.Empty(last.GetProperty("delta").EnumerateObject());
        Assert.All(withChoice, chunk => Assert.Equal(includeUsage, chunk.TryGetProperty("usage", out JsonElement usage) && usage.ValueKind == JsonValueKind.Null));
        if (includeUsage)
        {
            Assert.Empty(chunks[^1].GetProperty("choices").EnumerateArray());
            Assert.Equal(withChoice.Length - 2, chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        }
    }

    [Fact]
    public async Task A_message_stream_has_the_provider_s_events_in_order()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync();

        using HttpResponseMessage response = await simulator.MessagesAsync(SimulatorFixture.Message(more: ",\"stream\":true"));
        string[] events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        (string Name, JsonElement Data)[] parsed = [.. events.Select(static text =>
        {
            string[] lines = text.Split('\n');
            return (lines[0]["event: ".Length..], JsonDocument.Parse(lines[1]["data: ".Length..]).RootElement);
        })];
        Assert.All(parsed, static item => Assert.Equal(item.Name, item.Data.Text("type")));
        string[] names = [.. parsed.Select(static item => item.Name)];
        int tokens = names.Count(static name => name == "content_block_delta");
        Assert.Equal(
            ["message_start", "content_block_start", "ping", .. Enumerable.Repeat("content_block_delta", tokens), "content_block_stop", "message_delta", "message_stop"],
            names);
        Assert.Equal("end_turn", parsed[^2].Data.GetProperty("delta").Text("stop_reason"));
        Assert.Equal(tokens, parsed[^2].Data.GetProperty("usage").GetProperty("output_tokens").GetInt32());
        Assert.Empty(parsed[0].Data.GetProperty("message").GetProperty("content").EnumerateArray());
    }

    [Fact]
    public async Task A_long_stream_is_sent_whole()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(new SimulatorOptions { AnswerTokens = 5000 });

        using HttpResponseMessage response = await simulator.ChatAsync(
            SimulatorFixture.Chat(more: ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
        string[] events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        int tokens = JsonDocument.Parse(events[^2]["data: ".Length..]).RootElement.GetProperty("usage").GetProperty("completion_tokens").GetInt32();
        Assert.Equal(tokens + 4, events.Length);
    }

    [Fact]
    public async Task A_stream_sends_each_token_when_it_is_due_and_not_before()
    {
        await using SimulatorFixture simulator = await SimulatorFixture.StartAsync(
            new SimulatorOptions { TimePerToken = TimeSpan.FromSeconds(1), AnswerTokens = 1 });

        // Without a time to the first token the opening comes at once, and the only token must wait.
        using HttpResponseMessage response = await simulator.ChatAsync(SimulatorFixture.Chat(more: ",\"stream\":true"));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        string? opening = await reader.ReadLineAsync();
        await reader.ReadLineAsync();
        Task<string?> token = reader.ReadLineAsync();
        while (!token.IsCompleted)
        {
            simulator.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.Contains("\"role\":\"assistant\"", opening, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":null", await token, StringComparison.Ordinal);
        Assert.True(simulator.Time.GetUtcNow() >= simulator.Time.Start + TimeSpan.FromSeconds(1));
    }
}
