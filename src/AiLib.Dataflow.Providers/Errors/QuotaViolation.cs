namespace AiLib.Dataflow.Providers.Errors;

/// <summary>One quota that Google says is violated, in its own words.</summary>
/// <param name="Id">The name of the quota, such as <c>GenerateRequestsPerMinutePerProjectPerModel-FreeTier</c>; empty when absent.</param>
/// <param name="Metric">What it counts; empty when absent.</param>
/// <param name="Value">The limit as written; null when absent.</param>
internal readonly record struct QuotaViolation(string Id, string Metric, string? Value);
