using AiLib.Dataflow.Batch.Parking;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Parking;

/// <summary>Which refusal means "come back much later", and for how long that is.</summary>
public sealed class LongWaitTests
{
    [Theory]
    // More than the pipeline sleeps through, whoever says so and however.
    [InlineData(OutcomeKind.Throttled, ProviderErrorCode.RateLimited, 121.0, true, 121.0)]
    [InlineData(OutcomeKind.Throttled, ProviderErrorCode.RateLimited, 121.0, false, 121.0)]
    [InlineData(OutcomeKind.Overloaded, ProviderErrorCode.Overloaded, 3_600.0, true, 3_600.0)]
    [InlineData(OutcomeKind.Exhausted, ProviderErrorCode.QuotaExhausted, 36_000.0, false, 36_000.0)]
    // The pipeline has slept through it: the attempts are used up.
    [InlineData(OutcomeKind.Throttled, ProviderErrorCode.RateLimited, 120.0, true, null)]
    [InlineData(OutcomeKind.Overloaded, ProviderErrorCode.Overloaded, 1.0, true, null)]
    // A quota that is back soon: for those who wait, and never at once, or it would be asked in a circle.
    [InlineData(OutcomeKind.Exhausted, ProviderErrorCode.QuotaExhausted, 30.0, true, 30.0)]
    [InlineData(OutcomeKind.Exhausted, ProviderErrorCode.QuotaExhausted, 0.0, true, 1.0)]
    [InlineData(OutcomeKind.Exhausted, ProviderErrorCode.QuotaExhausted, 30.0, false, null)]
    // Nobody knows when, or no time helps.
    [InlineData(OutcomeKind.Exhausted, ProviderErrorCode.QuotaExhausted, null, true, null)]
    [InlineData(OutcomeKind.Exhausted, ProviderErrorCode.Authentication, 3_600.0, true, null)]
    [InlineData(OutcomeKind.Rejected, ProviderErrorCode.InvalidRequest, 3_600.0, true, null)]
    public void A_refusal_is_a_wait_or_it_is_none(OutcomeKind kind, ProviderErrorCode code, double? told, bool isParked, double? expected)
    {
        TimeSpan? retryAfter = told is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        Outcome<ProviderResponse> outcome = Outcome<ProviderResponse>.Failed(kind, new ProviderException(code, "no", 429), retryAfter);

        Assert.Equal(expected, LongWait.Of(outcome, isParked)?.TotalSeconds);
    }
}
