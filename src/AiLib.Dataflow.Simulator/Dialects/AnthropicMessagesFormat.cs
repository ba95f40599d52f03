using System.Globalization;
using System.Text.Json;
using AiLib.Dataflow.Simulator.Serving;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <summary>Anthropic's messages, and their events in the order of the real stream.</summary>
internal sealed class AnthropicMessagesFormat : IAnswerFormat
{
    /// <inheritdoc/>
    public void WriteWhole(ResponseBuffer buffer, in Answer answer)
    {
        Utf8JsonWriter json = buffer.BeginJson();
        WriteHead(json, answer);
        json.WriteStartArray("content"u8);
        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        AnswerText.Write(json, "text"u8, answer);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("stop_reason"u8, StopReason(answer));
        json.WriteNull("stop_sequence"u8);
        WriteUsage(json, answer.Request.PromptTokens, answer.CompletionTokens);
        json.WriteEndObject();
        json.Flush();
    }

    /// <inheritdoc/>
    public void WriteOpening(ResponseBuffer buffer, in Answer answer)
    {
        Utf8JsonWriter json = BeginEvent(buffer, "message_start"u8);
        json.WritePropertyName("message"u8);
        WriteHead(json, answer);
        json.WriteStartArray("content"u8);
        json.WriteEndArray();
        json.WriteNull("stop_reason"u8);
        json.WriteNull("stop_sequence"u8);
        WriteUsage(json, answer.Request.PromptTokens, 1);
        json.WriteEndObject();
        EndEvent(buffer, json);

        json = BeginEvent(buffer, "content_block_start"u8);
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("content_block"u8);
        json.WriteString("type"u8, "text"u8);
        json.WriteString("text"u8, ""u8);
        json.WriteEndObject();
        EndEvent(buffer, json);

        WriteKeepAlive(buffer);
    }

    /// <inheritdoc/>
    public void WriteToken(ResponseBuffer buffer, in Answer answer, int index)
    {
        Utf8JsonWriter json = BeginEvent(buffer, "content_block_delta"u8);
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("delta"u8);
        json.WriteString("type"u8, "text_delta"u8);
        json.WriteString("text"u8, AnswerText.Token(answer.Hash, index));
        json.WriteEndObject();
        EndEvent(buffer, json);
    }

    /// <inheritdoc/>
    public void WriteClosing(ResponseBuffer buffer, in Answer answer)
    {
        Utf8JsonWriter json = BeginEvent(buffer, "content_block_stop"u8);
        json.WriteNumber("index"u8, 0);
        EndEvent(buffer, json);

        json = BeginEvent(buffer, "message_delta"u8);
        json.WriteStartObject("delta"u8);
        json.WriteString("stop_reason"u8, StopReason(answer));
        json.WriteNull("stop_sequence"u8);
        json.WriteEndObject();
        json.WriteStartObject("usage"u8);
        json.WriteNumber("output_tokens"u8, answer.CompletionTokens);
        json.WriteEndObject();
        EndEvent(buffer, json);

        EndEvent(buffer, BeginEvent(buffer, "message_stop"u8));
    }

    /// <inheritdoc/>
    public void WriteKeepAlive(ResponseBuffer buffer) => EndEvent(buffer, BeginEvent(buffer, "ping"u8));

    private static Utf8JsonWriter BeginEvent(ResponseBuffer buffer, ReadOnlySpan<byte> kind)
    {
        buffer.Append("event: "u8);
        buffer.Append(kind);
        buffer.Append("\ndata: "u8);
        Utf8JsonWriter json = buffer.BeginJson();
        json.WriteStartObject();
        json.WriteString("type"u8, kind);
        return json;
    }

    private static void EndEvent(ResponseBuffer buffer, Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.Flush();
        buffer.Append("\n\n"u8);
    }

    private static void WriteHead(Utf8JsonWriter json, in Answer answer)
    {
        Span<char> id = stackalloc char[32];
        id.TryWrite(CultureInfo.InvariantCulture, $"msg_{answer.Hash:x16}", out int length);
        json.WriteStartObject();
        json.WriteString("id"u8, id[..length]);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, answer.Request.Model);
    }

    private static void WriteUsage(Utf8JsonWriter json, int inputTokens, int outputTokens)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, inputTokens);
        json.WriteNumber("cache_creation_input_tokens"u8, 0);
        json.WriteNumber("cache_read_input_tokens"u8, 0);
        json.WriteNumber("output_tokens"u8, outputTokens);
        json.WriteString("service_tier"u8, "standard"u8);
        json.WriteEndObject();
    }

    private static ReadOnlySpan<byte> StopReason(in Answer answer) => answer.IsCut ? "max_tokens"u8 : "end_turn"u8;
}
