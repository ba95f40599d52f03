namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>What one request takes from each dimension of a provider's limits; 0 where there is no such limit.</summary>
/// <param name="Requests">From the limit on requests.</param>
/// <param name="Tokens">From the limit on input and output together.</param>
/// <param name="InputTokens">From the limit on input.</param>
/// <param name="OutputTokens">From the limit on output.</param>
public readonly record struct QuotaCharge(long Requests, long Tokens, long InputTokens, long OutputTokens);
