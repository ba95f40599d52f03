using System.Buffers;
using System.Text.Json;
using AiLib.Dataflow.Providers.Estimates;
using Microsoft.ML.Tokenizers;

namespace AiLib.Dataflow.Tokenizers;

/// <summary>Counts texts with a tokenizer.</summary>
internal struct TokenizerCounter(Tokenizer tokenizer) : ITextCounter
{
    private long _tokens;

    /// <inheritdoc/>
    public readonly long Tokens => _tokens;

    /// <inheritdoc/>
    public void Add(ref Utf8JsonReader reader)
    {
        // As many bytes hold at least as many characters.
        char[] text = ArrayPool<char>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            int length = reader.CopyString(text);
            _tokens += tokenizer.CountTokens(text.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(text);
        }
    }
}
