using AiLib.Dataflow.Cli.Shutdown;

namespace AiLib.Dataflow.EndToEnd.Tests.Shutdown;

/// <summary>How often somebody wants it to stop.</summary>
public sealed class StopSignalsTests
{
    private readonly Hand _hand = new();
    private readonly List<string> _said = [];

    [Fact]
    public void What_follows_at_once_is_the_same_signal_passed_on()
    {
        using StopSignals signals = new(_said.Add, _hand);

        signals.Take();
        signals.Take();
        _hand.Move(StopSignals.EchoTime - TimeSpan.FromMilliseconds(1));
        signals.Take();

        Assert.Equal((true, false), (signals.Stop.IsCancellationRequested, signals.Abort.IsCancellationRequested));
        Assert.StartsWith("Stopping: ", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_wish_stops_now()
    {
        using StopSignals signals = new(_said.Add, _hand);

        signals.Take();
        _hand.Move(StopSignals.EchoTime);
        signals.Take();
        signals.Take();

        Assert.Equal((true, true), (signals.Stop.IsCancellationRequested, signals.Abort.IsCancellationRequested));
        Assert.Equal("Stopping now.", _said[1]);
    }

    [Fact]
    public void Echoes_do_not_lengthen_the_time_in_which_others_are_taken_for_echoes()
    {
        using StopSignals signals = new(_said.Add, _hand);

        signals.Take();
        for (int echo = 0; echo < 3; echo++)
        {
            _hand.Move(StopSignals.EchoTime / 3.5);
            signals.Take();
        }

        Assert.False(signals.Abort.IsCancellationRequested);
        _hand.Move(StopSignals.EchoTime / 2);
        signals.Take();

        Assert.True(signals.Abort.IsCancellationRequested);
    }

    // A clock that is moved by hand.
    private sealed class Hand : TimeProvider
    {
        private long _now = 1_000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Move(TimeSpan time) => _now += time.Ticks;
    }
}
