using AiLib.Dataflow.Simulator.Limits;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Limits;

public sealed class SlidingWindowLimiterTests : CreditLimiterTests
{
    [Fact]
    public void What_was_taken_comes_back_a_minute_later_and_not_a_tick_earlier()
    {
        var limiter = new SlidingWindowLimiter(5, now: 0, taken: 0);
        Assert.True(limiter.TryTake(2, 10));
        Assert.True(limiter.TryTake(3, 20));

        Assert.False(limiter.TryTake(1, TimeSpan.TicksPerMinute + 9));
        Assert.Equal((1, 11), (limiter.TicksUntil(2, TimeSpan.TicksPerMinute + 9), limiter.TicksUntil(3, TimeSpan.TicksPerMinute + 9)));
        Assert.True(limiter.TryTake(2, TimeSpan.TicksPerMinute + 10));
        Assert.False(limiter.TryTake(1, TimeSpan.TicksPerMinute + 10));
        Assert.Equal(TimeSpan.TicksPerMinute, limiter.TicksUntilFull(TimeSpan.TicksPerMinute + 10));
    }

    private protected override CreditLimiter Create(long perMinute) => new SlidingWindowLimiter(perMinute, Now, taken: 0);

    private protected override long MostBetween(CreditLimiter limiter, long from, long to) =>
        limiter.PerMinute * (((to - from) / TimeSpan.TicksPerMinute) + 1);
}
