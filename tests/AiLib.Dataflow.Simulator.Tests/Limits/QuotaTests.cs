using AiLib.Dataflow.Simulator.Limits;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Limits;

public sealed class QuotaTests
{
    private static readonly SimulatorOptions Options = new() { RequestsPerMinute = 3, TokensPerMinute = 100, LimitKind = LimitKind.FixedWindow };

    [Fact]
    public void The_request_limit_says_limit_used_and_wait()
    {
        var quota = new Quota(Options, now: 0);
        Assert.Null(quota.Take(1, 0));
        Assert.Null(quota.Take(1, 0));
        Assert.Null(quota.Take(1, 0));

        LimitRefusal? refusal = quota.Take(1, TimeSpan.TicksPerSecond);

        Assert.Equal(new LimitRefusal(RefusedBy.Requests, false, 3, 3, 1, TimeSpan.FromSeconds(59)), refusal);
    }

    [Fact]
    public void A_request_refused_for_its_tokens_has_used_a_request_and_no_tokens()
    {
        var quota = new Quota(Options, now: 0);
        Assert.Null(quota.Take(60, 0));

        LimitRefusal? refusal = quota.Take(60, 0);

        Assert.Equal(RefusedBy.Tokens, refusal?.Kind);
        Assert.Equal(60, refusal?.Used);
        QuotaReading reading = quota.Read(0);
        Assert.Equal(1, reading.Requests?.Remaining);
        Assert.Equal(40, reading.Tokens?.Remaining);
    }

    [Fact]
    public void A_request_above_the_limit_is_told_that_it_never_fits_and_uses_nothing()
    {
        var quota = new Quota(Options, now: 0);

        LimitRefusal? refusal = quota.Take(101, 0);

        Assert.Equal(new LimitRefusal(RefusedBy.Tokens, true, 100, 0, 101, TimeSpan.Zero), refusal);
        Assert.Equal(3, quota.Read(0).Requests?.Remaining);
    }

    [Fact]
    public void Input_and_output_have_limits_of_their_own()
    {
        var quota = new Quota(new SimulatorOptions { InputTokensPerMinute = 100, OutputTokensPerMinute = 30, LimitKind = LimitKind.FixedWindow }, now: 0);

        Assert.Null(quota.Take(80, 0, input: 60));
        Assert.Equal(RefusedBy.InputTokens, quota.Take(41, 0, input: 41)?.Kind);
        Assert.Equal(RefusedBy.OutputTokens, quota.Take(11, 0)?.Kind);
        Assert.True(quota.Take(31, 0)?.NeverFits);
        QuotaReading reading = quota.Read(0);
        Assert.Equal((new LimitReading(100, 40, TimeSpan.FromMinutes(1)), new LimitReading(30, 10, TimeSpan.FromMinutes(1))), (reading.InputTokens, reading.OutputTokens));
    }

    [Fact]
    public void A_day_s_quota_may_be_used_at_once_and_comes_back_evenly()
    {
        var quota = new Quota(new SimulatorOptions { RequestsPerDay = 24, TokensPerDay = 2_400 }, now: 0);
        for (int request = 0; request < 24; request++)
        {
            Assert.Null(quota.Take(10, 0));
        }

        Assert.Equal(new LimitRefusal(RefusedBy.DayRequests, false, 24, 24, 1, TimeSpan.FromHours(1)), quota.Take(1, 0));
        Assert.Equal(new LimitReading(24, 0, TimeSpan.FromDays(1)), quota.Read(0).DayRequests);
        Assert.Null(quota.Take(2_260, TimeSpan.TicksPerHour));
        Assert.Equal(RefusedBy.DayTokens, quota.Take(2_000, 2 * TimeSpan.TicksPerHour)?.Kind);
    }

    [Theory]
    [InlineData(LimitKind.TokenBucket, 10, 8)]
    [InlineData(LimitKind.FixedWindow, 10, 8)]
    [InlineData(LimitKind.TokenBucket, 1, 0)]
    [InlineData(LimitKind.FixedWindow, 1, 0)]
    public void A_changed_limit_remembers_what_was_taken(LimitKind kind, long newLimit, long left)
    {
        var before = new Quota(Options with { LimitKind = kind }, now: 0);
        before.Take(1, 0);
        before.Take(1, 0);

        var after = new Quota(Options with { LimitKind = kind, RequestsPerMinute = newLimit }, now: 0, before);

        Assert.Equal(left, after.Read(0).Requests?.Remaining);
    }

    [Fact]
    public void Without_limits_everything_passes_and_nothing_is_said()
    {
        var quota = new Quota(new SimulatorOptions(), now: 0);

        Assert.Null(quota.Take(long.MaxValue, 0));
        Assert.Equal(default, quota.Read(0));
    }
}
