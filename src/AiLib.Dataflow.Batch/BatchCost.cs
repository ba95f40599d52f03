namespace AiLib.Dataflow.Batch;

/// <summary>Estimates what a request will be charged against a limit on LLM tokens.</summary>
/// <remarks>
/// The prompt, and as many tokens as the answer may have. OpenAI and those who follow it charge that on arrival; others charge what was used, which is never more, and
/// then the difference comes back with the answer.
/// </remarks>
public static class BatchCost
{
    /// <summary>The prompt and the longest answers, as <see cref="Providers.Estimates.TokenEstimator"/> tells them from the body.</summary>
    /// <param name="request">The request.</param>
    public static long Estimate(BatchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Tokens.Total;
    }

    /// <summary>The same, prompt and answers apart, for limits on either.</summary>
    /// <param name="request">The request.</param>
    public static TokenCost EstimateInParts(BatchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new TokenCost(request.Tokens.Input, request.Tokens.Output);
    }
}
