using AiLib.Dataflow.Simulator.Faults;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Faults;

public sealed class AttemptCounterTests
{
    [Fact]
    public void Each_request_is_counted_on_its_own()
    {
        var counter = new AttemptCounter();

        Assert.Equal([1, 2, 1, 3, 2], new ulong[] { 7, 7, 8, 7, 8 }.Select(counter.Next));
    }

    [Fact]
    public void A_request_is_remembered_while_no_more_than_the_capacity_of_others_have_come()
    {
        var counter = new AttemptCounter(capacity: 100);
        counter.Next(0);

        for (ulong other = 1; other <= 100; other++)
        {
            counter.Next(other);
        }

        Assert.Equal(2, counter.Next(0));
    }

    [Fact]
    public void A_request_starts_again_after_more_than_twice_the_capacity_of_others()
    {
        var counter = new AttemptCounter(capacity: 100);
        counter.Next(0);

        for (ulong other = 1; other <= 201; other++)
        {
            counter.Next(other);
        }

        Assert.Equal(1, counter.Next(0));
    }

    [Fact]
    public void After_clearing_everything_is_new()
    {
        var counter = new AttemptCounter();
        counter.Next(5);

        counter.Clear();

        Assert.Equal(1, counter.Next(5));
    }
}
