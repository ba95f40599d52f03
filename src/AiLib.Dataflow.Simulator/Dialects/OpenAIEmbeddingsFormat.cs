using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json;
using AiLib.Dataflow.Simulator.Hashing;
using AiLib.Dataflow.Simulator.Serving;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <summary>Embeddings: vectors of length one whose signs come from the hash of their text. They have no stream.</summary>
internal sealed class OpenAIEmbeddingsFormat : IAnswerFormat
{
    /// <inheritdoc/>
    public void WriteWhole(ResponseBuffer buffer, in Answer answer)
    {
        Utf8JsonWriter json = buffer.BeginJson();
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        float[] vector = new float[answer.Request.Dimensions];
        for (int index = 0; index < answer.Request.Inputs.Count; index++)
        {
            Fill(vector, StableHash.Combine(answer.Request.Inputs[index], (ulong)vector.Length));
            json.WriteStartObject();
            json.WriteString("object"u8, "embedding"u8);
            json.WriteNumber("index"u8, index);
            WriteVector(json, vector, answer.Request.Base64);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model"u8, answer.Request.Model);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, answer.Request.PromptTokens);
        json.WriteNumber("total_tokens"u8, answer.Request.PromptTokens);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
    }

    /// <inheritdoc/>
    public void WriteOpening(ResponseBuffer buffer, in Answer answer) => throw new UnreachableException();

    /// <inheritdoc/>
    public void WriteToken(ResponseBuffer buffer, in Answer answer, int index) => throw new UnreachableException();

    /// <inheritdoc/>
    public void WriteClosing(ResponseBuffer buffer, in Answer answer) => throw new UnreachableException();

    /// <inheritdoc/>
    public void WriteKeepAlive(ResponseBuffer buffer) => throw new UnreachableException();

    private static void Fill(Span<float> vector, ulong hash)
    {
        // All components have the same size, so the length is one without adding anything up.
        const int bitsPerDraw = 64;
        float size = 1 / MathF.Sqrt(vector.Length);
        ulong bits = 0;
        for (int index = 0; index < vector.Length; index++)
        {
            bits = index % bitsPerDraw == 0 ? StableHash.Combine(hash, (ulong)index) : bits >> 1;
            vector[index] = (bits & 1) == 0 ? size : -size;
        }
    }

    private static void WriteVector(Utf8JsonWriter json, ReadOnlySpan<float> vector, bool base64)
    {
        if (base64)
        {
            byte[] bytes = new byte[vector.Length * sizeof(float)];
            for (int index = 0; index < vector.Length; index++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(index * sizeof(float)), vector[index]);
            }

            json.WriteBase64String("embedding"u8, bytes);
            return;
        }

        json.WriteStartArray("embedding"u8);
        foreach (float component in vector)
        {
            json.WriteNumberValue(component);
        }

        json.WriteEndArray();
    }
}
