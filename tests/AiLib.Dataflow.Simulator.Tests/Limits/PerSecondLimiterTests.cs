using AiLib.Dataflow.Simulator.Limits;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Limits;

public sealed class PerSecondLimiterTests : CreditLimiterTests
{
    [Theory]
    [InlineData(60, new long[] { 1, 1, 1, 1 })]
    [InlineData(90, new long[] { 2, 1, 2, 1 })]
    [InlineData(30, new long[] { 1, 0, 1, 0 })]
    [InlineData(600, new long[] { 10, 10, 10, 10 })]
    public void Each_second_has_its_share_and_loses_what_it_does_not_use(long perMinute, long[] shares)
    {
        var limiter = new PerSecondLimiter(perMinute, now: 0, taken: 0);

        Assert.Equal(shares, Enumerable.Range(0, shares.Length).Select(second => limiter.Remaining(second * TimeSpan.TicksPerSecond)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(59)]
    [InlineData(61)]
    [InlineData(12_345)]
    public void Any_sixty_seconds_add_up_to_the_limit(long perMinute)
    {
        var limiter = new PerSecondLimiter(perMinute, now: 0, taken: 0);
        long[] shares = [.. Enumerable.Range(0, 180).Select(second => limiter.Remaining(second * TimeSpan.TicksPerSecond))];

        Assert.All(Enumerable.Range(0, 120), first => Assert.Equal(perMinute, shares.Skip(first).Take(60).Sum()));
    }

    [Fact]
    public void A_request_above_the_share_is_paid_by_the_seconds_after_it()
    {
        var limiter = new PerSecondLimiter(600, now: 0, taken: 0);

        Assert.True(limiter.TryTake(25, 0));

        Assert.Equal(0, limiter.Remaining(TimeSpan.TicksPerSecond));
        Assert.Equal(2 * TimeSpan.TicksPerSecond, limiter.TicksUntil(1, 0));
        Assert.Equal(5, limiter.Remaining(2 * TimeSpan.TicksPerSecond));
    }

    private protected override CreditLimiter Create(long perMinute) => new PerSecondLimiter(perMinute, Now, taken: 0);

    private protected override long MostBetween(CreditLimiter limiter, long from, long to)
    {
        long seconds = (to / TimeSpan.TicksPerSecond) - (from / TimeSpan.TicksPerSecond) + 1;

        // Any run of seconds has at most one credit more than its even share.
        return (seconds * limiter.PerMinute / 60) + 1;
    }
}
