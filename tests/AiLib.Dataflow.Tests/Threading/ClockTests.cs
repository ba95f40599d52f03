using AiLib.Dataflow.Threading;
using CsCheck;

namespace AiLib.Dataflow.Tests.Threading;

public sealed class ClockTests
{
    private static Clock Of(long frequency) => new(new CoarseTime(frequency));

    [Theory]
    [InlineData(10_000_000, 1, 1)]
    [InlineData(1_000_000_000, 1, 100)]
    [InlineData(1000, 1, 1)]
    [InlineData(1000, 10_000, 1)]
    [InlineData(1000, 10_001, 2)]
    [InlineData(1000, 0, 0)]
    [InlineData(1000, -5, 0)]
    public void A_duration_is_rounded_up_to_whole_units(long frequency, long ticks, long units) =>
        Assert.Equal(units, Of(frequency).ToUnits(TimeSpan.FromTicks(ticks)));

    [Theory]
    [InlineData(1_000_000_000, 1, 1)]
    [InlineData(1_000_000_000, 100, 1)]
    [InlineData(1_000_000_000, 101, 2)]
    [InlineData(1000, 1, 10_000)]
    [InlineData(1000, 0, 0)]
    [InlineData(1000, -1, 0)]
    public void Units_are_rounded_up_to_whole_ticks(long frequency, long units, long ticks) =>
        Assert.Equal(TimeSpan.FromTicks(ticks), Of(frequency).ToTimeSpan(units));

    [Theory]
    [InlineData(1000)]
    [InlineData(1_000_000_000)]
    public void What_is_out_of_range_never_comes(long frequency)
    {
        Clock clock = Of(frequency);

        Assert.Equal(Clock.Never, clock.After(long.MaxValue - 1, TimeSpan.FromDays(1)));
        Assert.Equal(TimeSpan.MaxValue, clock.Until(Clock.Never, 5));
        Assert.Equal(TimeSpan.Zero, clock.Until(5, 10));
        if (frequency > TimeSpan.TicksPerSecond)
        {
            Assert.Equal(Clock.Never, clock.After(1, TimeSpan.MaxValue));
        }
    }

    [Fact]
    public void Whoever_waits_the_time_that_is_left_does_not_come_too_early() =>
        Gen.Select(Gen.Long[1, 10_000_000_000], Gen.Long[0, TimeSpan.TicksPerDay * 365], Gen.Long[0, 1L << 50]).Sample((frequency, ticks, start) =>
        {
            Clock clock = Of(frequency);
            TimeSpan asked = TimeSpan.FromTicks(ticks);
            long due = clock.After(start, asked);
            return due == Clock.Never || clock.Until(due, start) >= asked;
        }, iter: 5000, seed: "0000KoIPLgn4");

    private sealed class CoarseTime(long frequency) : TimeProvider
    {
        public override long TimestampFrequency => frequency;
    }
}
