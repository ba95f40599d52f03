namespace AiLib.Dataflow.Batch;

/// <summary>Estimates what a request will be charged against a limit on LLM tokens.</summary>
/// <remarks>Pure. Providers charge on arrival in the same way: the prompt, and as many tokens as the answer may have.</remarks>
public static class BatchCost
{
    /// <summary>The prompt and the longest answers, as <see cref="Providers.Estimates.TokenEstimator"/> tells them from the body.</summary>
    /// <param name="request">The request.</param>
    public static long Estimate(BatchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Tokens.Total;
    }
}
