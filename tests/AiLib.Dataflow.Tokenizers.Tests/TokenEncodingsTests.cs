using System.Text;
using Microsoft.ML.Tokenizers;

namespace AiLib.Dataflow.Tokenizers.Tests;

/// <summary>Which model has which vocabulary, and what is said of a model that has none here.</summary>
public sealed class TokenEncodingsTests
{
    [Theory]
    [InlineData("gpt-4o-mini", "o200k_base")]
    [InlineData("openai/gpt-4o-2024-08-06", "o200k_base")]
    [InlineData("ft:gpt-4o:org::id", "o200k_base")]
    [InlineData("GPT-4.1", "o200k_base")]
    [InlineData("gpt-5-mini", "o200k_base")]
    [InlineData("o3-mini", "o200k_base")]
    [InlineData("openai/gpt-oss-120b", "o200k_base")]
    [InlineData("gpt-4-turbo", "cl100k_base")]
    [InlineData("gpt-3.5-turbo", "cl100k_base")]
    [InlineData("gpt-35-turbo", "cl100k_base")]
    [InlineData("text-embedding-3-small", "cl100k_base")]
    [InlineData("claude-sonnet-4", null)]
    [InlineData("gemini-2.5-pro", null)]
    [InlineData("llama-3.3-70b", null)]
    [InlineData("", null)]
    public void A_model_has_its_vocabulary_or_none(string model, string? encoding)
    {
        Assert.Equal(encoding is not null, TokenEncodings.TryFind(model, out string? found));
        Assert.Equal(encoding, found);
    }

    [Theory]
    [InlineData("o200k_base")]
    [InlineData("cl100k_base")]
    public void A_vocabulary_counts_as_its_own_tokenizer_does(string encoding)
    {
        const string Text = "Die Katze schläft jeden Tag in der Sonne. 猫每天在厨房吃完早饭以后。";

        ExactTokenEstimator estimator = ExactTokenEstimator.ForEncoding(encoding);

        Assert.Equal(encoding, estimator.Name);
        Assert.Equal(
            TiktokenTokenizer.CreateForEncoding(encoding).CountTokens(Text),
            estimator.Estimate("/v1/completions", Encoding.UTF8.GetBytes($$"""{"prompt":"{{Text}}"}""")).Input);
    }

    [Fact]
    public void An_unknown_model_is_named_with_what_there_is()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => ExactTokenEstimator.ForModel("claude-sonnet-4"));

        Assert.Contains("'claude-sonnet-4'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("o200k_base, cl100k_base", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_vocabulary_is_named_with_what_there_is() =>
        Assert.Contains("There is no vocabulary 'p50k_base'; there are o200k_base, cl100k_base.",
            Assert.Throws<ArgumentException>(() => ExactTokenEstimator.ForEncoding("p50k_base")).Message, StringComparison.Ordinal);
}
