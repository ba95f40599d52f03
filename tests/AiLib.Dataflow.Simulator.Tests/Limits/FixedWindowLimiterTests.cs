using AiLib.Dataflow.Simulator.Limits;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Limits;

public sealed class FixedWindowLimiterTests : CreditLimiterTests
{
    [Fact]
    public void The_count_starts_again_at_the_full_minute_and_not_a_tick_earlier()
    {
        var limiter = new FixedWindowLimiter(5, now: 0, taken: 0);
        const long late = TimeSpan.TicksPerMinute - 1;

        Assert.True(limiter.TryTake(5, late));
        Assert.False(limiter.TryTake(1, late));
        Assert.Equal(1, limiter.TicksUntil(1, late));
        Assert.True(limiter.TryTake(5, late + 1));
    }

    private protected override CreditLimiter Create(long perMinute) => new FixedWindowLimiter(perMinute, Now, taken: 0);

    private protected override long MostBetween(CreditLimiter limiter, long from, long to) =>
        limiter.PerMinute * ((to / TimeSpan.TicksPerMinute) - (from / TimeSpan.TicksPerMinute) + 1);
}
