using AiLib.Dataflow.Simulator.Faults;
using AiLib.Dataflow.Simulator.Hashing;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Faults;

public sealed class FaultPlanTests
{
    private const int Requests = 10_000;

    private static readonly FaultRates Rates = FaultRates.Parse("429=0.1,500=0.05,reset=0.02");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(-7)]
    [InlineData(long.MaxValue)]
    public void Each_kind_happens_as_often_as_its_rate_says(long seed)
    {
        var kinds = new Dictionary<FaultKind, int>();
        for (int request = 0; request < Requests; request++)
        {
            if (FaultPlan.Decide(Rates, seed, Fingerprint(request), attempt: 1) is { } kind)
            {
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
            }
        }

        // Four standard deviations of the binomial distribution.
        Assert.Equal(3, kinds.Count);
        Assert.InRange(kinds[FaultKind.RateLimited], 880, 1120);
        Assert.InRange(kinds[FaultKind.InternalError], 413, 587);
        Assert.InRange(kinds[FaultKind.Reset], 144, 256);
    }

    [Fact]
    public void A_second_attempt_fails_no_more_often_when_the_first_has_failed()
    {
        int failedFirst = 0;
        int failedTwice = 0;
        for (int request = 0; request < Requests; request++)
        {
            if (FaultPlan.Decide(Rates, 1, Fingerprint(request), attempt: 1) is not null)
            {
                failedFirst++;
                failedTwice += FaultPlan.Decide(Rates, 1, Fingerprint(request), attempt: 2) is not null ? 1 : 0;
            }
        }

        // 17 % of about 1,700, within four standard deviations.
        Assert.InRange(failedFirst, 1550, 1850);
        Assert.InRange(failedTwice, 0.17 * failedFirst - 62, 0.17 * failedFirst + 62);
    }

    [Fact]
    public void A_decision_depends_on_seed_request_and_attempt_only()
    {
        FaultKind?[] forwards = [.. Enumerable.Range(0, 500).Select(request => FaultPlan.Decide(Rates, 3, Fingerprint(request), 1))];
        FaultKind?[] backwards = [.. Enumerable.Range(0, 500).Reverse().Select(request => FaultPlan.Decide(Rates, 3, Fingerprint(request), 1))];
        FaultKind?[] otherSeed = [.. Enumerable.Range(0, 500).Select(request => FaultPlan.Decide(Rates, 4, Fingerprint(request), 1))];

        Assert.Equal(forwards, backwards.Reverse());
        Assert.NotEqual(forwards, otherSeed);
    }

    [Fact]
    public void A_rate_of_one_fails_everything_and_none_fails_nothing()
    {
        FaultRates all = FaultRates.Parse("503=1");

        Assert.All(Enumerable.Range(0, 1000), request =>
        {
            Assert.Equal(FaultKind.ServiceUnavailable, FaultPlan.Decide(all, 1, Fingerprint(request), 1));
            Assert.Null(FaultPlan.Decide(FaultRates.None, 1, Fingerprint(request), 1));
        });
    }

    private static ulong Fingerprint(int request) => StableHash.Of(0, BitConverter.GetBytes(request));
}
