using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;
using Microsoft.ML.Tokenizers;

namespace AiLib.Dataflow.Tokenizers;

/// <summary>Estimates what a request costs in LLM tokens as <see cref="TokenEstimator"/> does, with its texts counted by a tokenizer.</summary>
/// <remarks>
/// <para>
/// Exact are the texts. What stands around them, attachments, defaults and bounds are <see cref="TokenEstimator"/>'s, and so is what happens to a body that
/// cannot be read. A text that is no valid Unicode makes the body one of those.
/// </para>
/// <para>
/// Costs some thirty times as much as the cheap estimate (17 µs against 0.6 µs for a GSM8K question). Immutable but for the tokenizer's own cache; safe for
/// use by several threads.
/// </para>
/// </remarks>
public sealed class ExactTokenEstimator
{
    private readonly Tokenizer _tokenizer;

    /// <summary>Loads the vocabulary, which takes a fifth of a second and 40 MiB: make one and keep it.</summary>
    /// <param name="tokenizer">The tokenizer. Default: o200k_base, that of OpenAI's models from GPT-4o on.</param>
    public ExactTokenEstimator(Tokenizer? tokenizer = null)
    {
        _tokenizer = tokenizer ?? TiktokenTokenizer.CreateForEncoding("o200k_base");
    }

    /// <summary>Estimates a request.</summary>
    /// <param name="request">The request.</param>
    public TokenEstimate Estimate(ProviderRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Estimate(request.Path, request.Body.Span);
    }

    /// <summary>Estimates a request.</summary>
    /// <param name="path">The operation, one of <see cref="ProviderPaths.All"/>; another one is taken for a chat.</param>
    /// <param name="body">The JSON body in UTF-8: any bytes.</param>
    public TokenEstimate Estimate(string path, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(path);
        var counter = new TokenizerCounter(_tokenizer);
        return RequestReader<TokenizerCounter>.Estimate(path, body, ref counter);
    }
}
