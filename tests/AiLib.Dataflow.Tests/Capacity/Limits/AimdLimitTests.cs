using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Tests.Capacity.Limits;

public sealed class AimdLimitTests
{
    private static AttemptSample Sample(double began, double ended, int inFlight, PermitEnd outcome) =>
        new(TimeSpan.FromSeconds(began), TimeSpan.FromSeconds(ended), inFlight, outcome);

    [Fact]
    public void A_round_trip_of_answers_adds_a_twentieth_but_at_least_one()
    {
        AimdLimit small = new(new AimdLimitOptions { Initial = 10 });
        AimdLimit large = new(new AimdLimitOptions { Initial = 100 });

        for (int n = 0; n < 11; n++)
        {
            small.Observe(Sample(0, 1, inFlight: 10, PermitEnd.Succeeded));
        }

        for (int n = 0; n < 101; n++)
        {
            large.Observe(Sample(0, 1, inFlight: 100, PermitEnd.Succeeded));
        }

        Assert.Equal((11, 105), (small.Current, large.Current));
    }

    [Fact]
    public void It_does_not_grow_while_a_fifth_of_it_is_free()
    {
        AimdLimit limit = new(new AimdLimitOptions { Initial = 100 });

        for (int n = 0; n < 1_000; n++)
        {
            limit.Observe(Sample(0, 1, inFlight: 79, PermitEnd.Succeeded));
        }

        Assert.Equal(100, limit.Current);
    }

    [Fact]
    public void A_burst_is_one_cut_and_a_later_rejection_another_one()
    {
        AimdLimit limit = new(new AimdLimitOptions { Initial = 100 });

        for (int n = 0; n < 40; n++)
        {
            limit.Observe(Sample(0, 1, inFlight: 100, PermitEnd.Dropped));
        }

        Assert.Equal(80, limit.Current);
        limit.Observe(Sample(1.1, 2, inFlight: 80, PermitEnd.Dropped));
        Assert.Equal(64, limit.Current);
    }
}
