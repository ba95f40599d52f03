using System.Text.Json;

namespace AiLib.Dataflow.Batch;

/// <summary>Estimates what a request will be charged against a limit on LLM tokens.</summary>
/// <remarks>Pure. Providers charge on arrival in the same way: the prompt, and as many tokens as the answer may have.</remarks>
public static class BatchCost
{
    // English text has about four bytes to a token; the JSON around it makes up for languages that have fewer.
    private const int BytesPerToken = 4;

    // A request that asks for more is not charged more: no model answers with so many, and sums must not overflow.
    private const long MostTokens = 10_000_000;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = Input.BatchLineParser.MaxDepth };

    /// <summary>
    /// The body's length by four, and <c>max_completion_tokens</c>, <c>max_output_tokens</c> or <c>max_tokens</c> for each of <c>n</c> answers.
    /// </summary>
    /// <param name="request">The request.</param>
    public static long Estimate(BatchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ReadOnlySpan<byte> body = request.Request.Body.Span;
        long answer = 0;
        long answers = 1;
        Utf8JsonReader reader = new(body, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isAnswer = reader.ValueTextEquals("max_tokens"u8) || reader.ValueTextEquals("max_completion_tokens"u8)
                || reader.ValueTextEquals("max_output_tokens"u8);
            bool isAnswers = reader.ValueTextEquals("n"u8);
            reader.Read();
            if ((isAnswer || isAnswers) && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number))
            {
                answer = isAnswer ? Math.Max(answer, number) : answer;
                answers = isAnswers ? Math.Clamp(number, 1, 1024) : answers;
            }

            reader.Skip();
        }

        return (body.Length / BytesPerToken) + (Math.Min(answer, MostTokens) * answers);
    }
}
