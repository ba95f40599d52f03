using AiLib.Dataflow.Simulator.Limits;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Limits;

public sealed class TokenBucketLimiterTests : CreditLimiterTests
{
    [Fact]
    public void It_refills_one_credit_exactly_when_it_is_due()
    {
        var limiter = new TokenBucketLimiter(7, TimeSpan.FromMinutes(1), now: 0, taken: 7);
        const long dueUp = (TimeSpan.TicksPerMinute / 7) + 1;

        Assert.Equal(dueUp, limiter.TicksUntil(1, 0));
        Assert.False(limiter.TryTake(1, dueUp - 1));
        Assert.True(limiter.TryTake(1, dueUp));
    }

    [Fact]
    public void Nothing_is_lost_to_rounding_over_a_day_of_odd_steps()
    {
        var limiter = new TokenBucketLimiter(7, TimeSpan.FromMinutes(1), now: 0, taken: 7);
        long taken = 0;

        for (long now = 0; now <= TimeSpan.TicksPerDay; now += 12_345_679)
        {
            taken += limiter.TryTake(1, now) ? 1 : 0;
        }

        // The last step ends short of the day by less than one credit.
        Assert.InRange(taken, (7 * 60 * 24) - 1, 7 * 60 * 24);
    }

    [Fact]
    public void A_short_burst_makes_a_small_bucket_but_never_an_empty_one()
    {
        Assert.Equal(10, new TokenBucketLimiter(600, TimeSpan.FromSeconds(1), 0, 0).Largest);
        Assert.Equal(1, new TokenBucketLimiter(3, TimeSpan.FromSeconds(1), 0, 0).Largest);
    }

    private protected override CreditLimiter Create(long perMinute) =>
        new TokenBucketLimiter(perMinute, TimeSpan.FromSeconds(20), Now, taken: 0);

    private protected override long MostBetween(CreditLimiter limiter, long from, long to) =>
        limiter.Largest + ((to - from) * limiter.PerMinute / TimeSpan.TicksPerMinute);
}
