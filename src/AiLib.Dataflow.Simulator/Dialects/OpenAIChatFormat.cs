using System.Globalization;
using System.Text.Json;
using AiLib.Dataflow.Simulator.Serving;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <summary>Chat completions, and their chunks as server-sent events.</summary>
internal sealed class OpenAIChatFormat : IAnswerFormat
{
    /// <inheritdoc/>
    public void WriteWhole(ResponseBuffer buffer, in Answer answer)
    {
        Utf8JsonWriter json = buffer.BeginJson();
        WriteHead(json, answer, "chat.completion"u8);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        AnswerText.Write(json, "content"u8, answer);
        json.WriteNull("refusal"u8);
        json.WriteEndObject();
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, FinishReason(answer));
        json.WriteEndObject();
        json.WriteEndArray();
        WriteUsage(json, answer);
        json.WriteEndObject();
        json.Flush();
    }

    /// <inheritdoc/>
    public void WriteOpening(ResponseBuffer buffer, in Answer answer)
    {
        Utf8JsonWriter json = BeginChunk(buffer, answer);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("content"u8, ""u8);
        json.WriteNull("refusal"u8);
        EndChunk(buffer, json, answer, isLast: false);
    }

    /// <inheritdoc/>
    public void WriteToken(ResponseBuffer buffer, in Answer answer, int index)
    {
        Utf8JsonWriter json = BeginChunk(buffer, answer);
        json.WriteString("content"u8, AnswerText.Token(answer.Hash, index));
        EndChunk(buffer, json, answer, isLast: false);
    }

    /// <inheritdoc/>
    public void WriteClosing(ResponseBuffer buffer, in Answer answer)
    {
        EndChunk(buffer, BeginChunk(buffer, answer), answer, isLast: true);
        if (answer.Request.IncludeUsage)
        {
            Utf8JsonWriter json = BeginEvent(buffer, answer);
            json.WriteStartArray("choices"u8);
            json.WriteEndArray();
            WriteUsage(json, answer);
            EndEvent(buffer, json);
        }

        buffer.Append("data: [DONE]\n\n"u8);
    }

    /// <inheritdoc/>
    public void WriteKeepAlive(ResponseBuffer buffer) => buffer.Append(": keep-alive\n\n"u8);

    private static Utf8JsonWriter BeginChunk(ResponseBuffer buffer, in Answer answer)
    {
        Utf8JsonWriter json = BeginEvent(buffer, answer);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("delta"u8);
        return json;
    }

    private static void EndChunk(ResponseBuffer buffer, Utf8JsonWriter json, in Answer answer, bool isLast)
    {
        json.WriteEndObject();
        json.WriteNull("logprobs"u8);
        if (isLast)
        {
            json.WriteString("finish_reason"u8, FinishReason(answer));
        }
        else
        {
            json.WriteNull("finish_reason"u8);
        }

        json.WriteEndObject();
        json.WriteEndArray();
        if (answer.Request.IncludeUsage)
        {
            // Every chunk but the one with the usage says that it has none.
            json.WriteNull("usage"u8);
        }

        EndEvent(buffer, json);
    }

    private static Utf8JsonWriter BeginEvent(ResponseBuffer buffer, in Answer answer)
    {
        buffer.Append("data: "u8);
        Utf8JsonWriter json = buffer.BeginJson();
        WriteHead(json, answer, "chat.completion.chunk"u8);
        return json;
    }

    private static void EndEvent(ResponseBuffer buffer, Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.Flush();
        buffer.Append("\n\n"u8);
    }

    private static void WriteHead(Utf8JsonWriter json, in Answer answer, ReadOnlySpan<byte> kind)
    {
        Span<char> id = stackalloc char[32];
        id.TryWrite(CultureInfo.InvariantCulture, $"chatcmpl-{answer.Hash:x16}", out int length);
        json.WriteStartObject();
        json.WriteString("id"u8, id[..length]);
        json.WriteString("object"u8, kind);
        json.WriteNumber("created"u8, answer.Created);
        json.WriteString("model"u8, answer.Request.Model);
        json.WriteString("service_tier"u8, "default"u8);
        json.WriteString("system_fingerprint"u8, "fp_simulator"u8);
    }

    private static void WriteUsage(Utf8JsonWriter json, in Answer answer)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, answer.Request.PromptTokens);
        json.WriteNumber("completion_tokens"u8, answer.CompletionTokens);
        json.WriteNumber("total_tokens"u8, (long)answer.Request.PromptTokens + answer.CompletionTokens);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static ReadOnlySpan<byte> FinishReason(in Answer answer) => answer.IsCut ? "length"u8 : "stop"u8;
}
