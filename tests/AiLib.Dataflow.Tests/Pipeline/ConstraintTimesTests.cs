using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class ConstraintTimesTests
{
    public static TheoryData<Constraint, string> Names => new()
    {
        { Constraint.None, "none" },
        { Constraint.Input, "input" },
        { Constraint.RequestCredits, "request_credits" },
        { Constraint.TokenCredits, "token_credits" },
        { Constraint.InFlight, "in_flight" },
        { Constraint.ProviderLatency, "provider_latency" },
        { Constraint.RetryWait, "retry_wait" },
        { Constraint.Consumer, "consumer" },
        { Constraint.Unavailable, "unavailable" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_constraint_has_its_name_in_print(Constraint constraint, string name) => Assert.Equal(name, constraint.ToText());

    [Fact]
    public void There_is_a_name_for_every_constraint_and_for_nothing_else()
    {
        Assert.Equal(Enum.GetValues<Constraint>(), Names.Select(row => row.Data.Item1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ((Constraint)99).ToText());
    }

    [Fact]
    public void Times_are_values_that_can_be_made_added_and_taken_from_each_other()
    {
        ConstraintTimes one = new(constraint => TimeSpan.FromSeconds((int)constraint));
        ConstraintTimes two = new(constraint => TimeSpan.FromSeconds(2 * (int)constraint));
        ConstraintTimes negative = new(_ => TimeSpan.FromSeconds(-1));

        Assert.Equal(two, one.Plus(one));
        Assert.Equal(one.GetHashCode(), two.Since(one).GetHashCode());
        Assert.Equal(one, two.Since(one));
        Assert.Equal(default, negative);
        Assert.NotEqual(one, two);
        Assert.Equal((Constraint.Unavailable, TimeSpan.FromSeconds(36)), (one.Binding, one.Total));
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(10.0, null, 600.0)]
    [InlineData(null, 90L, 90.0)]
    [InlineData(10.0, 90L, 90.0)]
    [InlineData(1.0, 90L, 60.0)]
    public void The_limit_in_force_is_the_slower_one(double? perSecond, long? perMinute, double? inForce)
    {
        RateLimiter limiter = new(new RateLimiterOptions { RequestsPerSecond = perSecond, RequestsPerMinute = perMinute, TokensPerMinute = 5_000, Headroom = 0 });

        Assert.Equal(inForce, limiter.RequestsPerMinute is { } limit ? Math.Round(limit, 6) : null);
        Assert.Equal(5_000, limiter.TokensPerMinute!.Value, 6);
    }

    [Fact]
    public void The_limit_in_force_is_what_was_told_where_that_is_slower_and_less_the_headroom()
    {
        RateLimiter limiter = new(new RateLimiterOptions { RequestsPerMinute = 90, Headroom = 0.1 });
        Assert.Equal((81, null), (Math.Round(limiter.RequestsPerMinute!.Value, 6), limiter.TokensPerMinute));

        limiter.Learn(
            [new QuotaReading(QuotaDimension.Requests, TimeSpan.FromMinutes(1), 60, null, null), new QuotaReading(QuotaDimension.Tokens, TimeSpan.FromMinutes(1), 1_000, null, null)],
            startedAt: TimeProvider.System.GetTimestamp(),
            default);

        Assert.Equal((54, 900), (Math.Round(limiter.RequestsPerMinute!.Value, 6), Math.Round(limiter.TokensPerMinute!.Value, 6)));
    }
}
