namespace AiLib.Dataflow.Tests;

public sealed class OutcomeKindsTests
{
    public static TheoryData<OutcomeKind, bool, bool, TargetHealth, string> Table => new()
    {
        { OutcomeKind.Answered, false, false, TargetHealth.Healthy, "answered" },
        { OutcomeKind.Rejected, false, false, TargetHealth.Unknown, "rejected" },
        { OutcomeKind.Throttled, true, true, TargetHealth.Unknown, "throttled" },
        { OutcomeKind.Exhausted, false, true, TargetHealth.Unknown, "exhausted" },
        { OutcomeKind.Failed, true, true, TargetHealth.Unhealthy, "failed" },
        { OutcomeKind.Overloaded, true, true, TargetHealth.Unhealthy, "overloaded" },
        { OutcomeKind.TimedOut, true, true, TargetHealth.Unhealthy, "timed_out" },
        { OutcomeKind.Conflicted, true, false, TargetHealth.Unknown, "conflicted" },
        { OutcomeKind.Cancelled, false, false, TargetHealth.Unknown, "cancelled" },
        { OutcomeKind.TooLarge, false, true, TargetHealth.Unknown, "too_large" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Each_kind_means_one_thing(OutcomeKind kind, bool retry, bool redirect, TargetHealth health, string text) =>
        Assert.Equal((retry, redirect, health, text), (kind.CanRetry(), kind.CanRedirect(), kind.Health(), kind.ToText()));

    [Fact]
    public void The_table_has_a_row_for_every_member() =>
        Assert.Equal(Enum.GetValues<OutcomeKind>(), Table.Select(row => row.Data.Item1));

    [Fact]
    public void There_are_as_many_counters_as_kinds() => Assert.Equal(OutcomeKinds.Count, Enum.GetValues<OutcomeKind>().Length);

    [Theory]
    [InlineData(OutcomeKind.Answered)]
    [InlineData((OutcomeKind)(-1))]
    [InlineData((OutcomeKind)10)]
    public void A_failure_needs_a_kind_of_failure(OutcomeKind kind) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Outcome<string>.Failed(kind));

    [Fact]
    public void A_negative_wait_counts_as_zero() =>
        Assert.Equal(TimeSpan.Zero, Outcome<string>.Failed(OutcomeKind.Throttled, retryAfter: TimeSpan.FromSeconds(-1)).RetryAfter);
}
