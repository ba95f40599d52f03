namespace AiLib.Dataflow.Providers.Tests;

public sealed class ProviderErrorCodesTests
{
    [Theory]
    [InlineData(ProviderErrorCode.InvalidRequest, "E1001", "invalid_request", false, false, OutcomeKind.Rejected)]
    [InlineData(ProviderErrorCode.Authentication, "E1002", "authentication", false, true, OutcomeKind.Exhausted)]
    [InlineData(ProviderErrorCode.PermissionDenied, "E1003", "permission_denied", false, false, OutcomeKind.Rejected)]
    [InlineData(ProviderErrorCode.NotFound, "E1004", "not_found", false, false, OutcomeKind.Rejected)]
    [InlineData(ProviderErrorCode.RequestTooLarge, "E1005", "request_too_large", false, false, OutcomeKind.Rejected)]
    [InlineData(ProviderErrorCode.RateLimited, "E2001", "rate_limited", true, true, OutcomeKind.Throttled)]
    [InlineData(ProviderErrorCode.QuotaExhausted, "E2002", "quota_exhausted", false, true, OutcomeKind.Exhausted)]
    [InlineData(ProviderErrorCode.ServerError, "E3001", "server_error", true, true, OutcomeKind.Failed)]
    [InlineData(ProviderErrorCode.Overloaded, "E3002", "overloaded", true, true, OutcomeKind.Overloaded)]
    [InlineData(ProviderErrorCode.Timeout, "E3003", "timeout", true, true, OutcomeKind.TimedOut)]
    [InlineData(ProviderErrorCode.Conflict, "E4001", "conflict", true, false, OutcomeKind.Conflicted)]
    [InlineData(ProviderErrorCode.Cancelled, "E4002", "cancelled", false, false, OutcomeKind.Cancelled)]
    [InlineData(ProviderErrorCode.Unknown, "E9999", "unknown", false, false, OutcomeKind.Rejected)]
    public void Each_code_has_its_text_name_and_consequences(
        ProviderErrorCode code, string text, string name, bool retryable, bool fallbackable, OutcomeKind kind)
    {
        Assert.Equal(text, code.ToText());
        Assert.Equal(name, code.ToName());
        Assert.Equal(retryable, code.IsRetryable());
        Assert.Equal(fallbackable, code.IsFallbackable());
        Assert.Equal(kind, code.ToOutcomeKind());
    }

    [Fact]
    public void The_table_has_every_member_and_no_other()
    {
        Assert.Equal(Enum.GetValues<ProviderErrorCode>(), ProviderErrorCodes.All);
        Assert.Equal(13, ProviderErrorCodes.All.Count);
    }

    [Fact]
    public void The_pipeline_does_with_the_outcome_what_the_code_says()
    {
        foreach (ProviderErrorCode code in ProviderErrorCodes.All)
        {
            Assert.Equal(code.IsRetryable(), code.ToOutcomeKind().CanRetry());
            Assert.Equal(code.IsFallbackable(), code.ToOutcomeKind().CanRedirect());
        }
    }

    [Fact]
    public void The_text_is_the_number_behind_an_E() =>
        Assert.All(ProviderErrorCodes.All, code => Assert.Equal($"E{(int)code}", code.ToText()));

    [Fact]
    public void What_is_no_code_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => ((ProviderErrorCode)1).ToText());
}
