using System.Buffers;
using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Simulator.Hashing;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <summary>The words of an answer: one per token, chosen by its hash.</summary>
internal static class AnswerText
{
    // A power of two of them, plain ASCII. Each with its leading space, as tokens of real models have it.
    private static readonly byte[][] Words = [.. """
        the a of to and in is it for on with as this that by from at be are was one two three four five
        water stone river light paper house morning letter garden window answer question number simple
        clear small large early late north south quiet open warm cold green blue red near far often
        never always here there then
        """
        .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        .Take(64)
        .Select(static word => Encoding.ASCII.GetBytes(" " + word))];

    /// <summary>The text of one token; all but the first begin with a space.</summary>
    public static ReadOnlySpan<byte> Token(ulong hash, int index)
    {
        ReadOnlySpan<byte> word = Words[StableHash.Combine(hash, (ulong)index) % (ulong)Words.Length];
        return index == 0 ? word[1..] : word;
    }

    /// <summary>Writes the whole text as a JSON property.</summary>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> property, in Answer answer)
    {
        const int longestWord = 16;
        byte[] text = ArrayPool<byte>.Shared.Rent(answer.CompletionTokens * longestWord);
        int length = 0;
        for (int index = 0; index < answer.CompletionTokens; index++)
        {
            ReadOnlySpan<byte> token = Token(answer.Hash, index);
            token.CopyTo(text.AsSpan(length));
            length += token.Length;
        }

        json.WriteString(property, text.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(text);
    }
}
