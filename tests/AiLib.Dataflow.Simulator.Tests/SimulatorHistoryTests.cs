using Xunit;

namespace AiLib.Dataflow.Simulator.Tests;

public sealed class SimulatorHistoryTests
{
    [Theory]
    [InlineData(0, 5, 0)]
    [InlineData(3, 2, 2)]
    [InlineData(3, 3, 3)]
    [InlineData(3, 10, 3)]
    [InlineData(1500, 1400, 1400)]
    [InlineData(1500, 5000, 1500)]
    [InlineData(512, 512, 512)]
    [InlineData(1024, 3000, 1024)]
    public void The_newest_are_kept_in_order_and_the_rest_is_counted(int capacity, int added, int kept)
    {
        var history = new SimulatorHistory(capacity);
        for (int sequence = 1; sequence <= added; sequence++)
        {
            history.Add(new Arrival { Sequence = sequence });
        }

        Assert.Equal(kept, history.Count);
        Assert.Equal(added - kept, history.Dropped);
        Assert.Equal(Enumerable.Range(added - kept + 1, kept).Select(static sequence => (long)sequence), history.Snapshot().Select(static arrival => arrival.Sequence));
    }

    [Fact]
    public void A_snapshot_does_not_change_when_the_history_does()
    {
        var history = new SimulatorHistory(2);
        history.Add(new Arrival { Sequence = 1 });
        IReadOnlyList<Arrival> snapshot = history.Snapshot();

        history.Add(new Arrival { Sequence = 2 });
        history.Clear();

        Assert.Equal(1, Assert.Single(snapshot).Sequence);
        Assert.Empty(history.Snapshot());
    }
}
