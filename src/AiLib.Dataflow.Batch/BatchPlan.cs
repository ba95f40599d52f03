using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch;

/// <summary>What a job would do.</summary>
/// <param name="Requests">Requests that would be sent.</param>
/// <param name="AlreadyDone">Lines that an earlier run has written.</param>
/// <param name="BadLines">Lines that are no requests, and would be written as errors.</param>
/// <param name="BodyBytes">The bytes of the bodies that would be sent.</param>
/// <param name="EstimatedTokens">The LLM tokens that would be charged at most, roughly.</param>
/// <param name="ResultsPath">Where results would go.</param>
/// <param name="ErrorsPath">Where errors would go.</param>
public sealed record BatchPlan(
    long Requests, long AlreadyDone, long BadLines, long BodyBytes, long EstimatedTokens, string ResultsPath, string ErrorsPath)
{
    /// <summary>The same LLM tokens, input and output apart, which is what <see cref="Providers.TokenPrices"/> need.</summary>
    public TokenEstimate Estimate { get; init; }

    /// <summary>What earlier runs have spent, in USD, as the job file and the results say.</summary>
    public decimal SpentBeforeUsd { get; init; }
}
