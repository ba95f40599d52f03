using System.Numerics;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>So fine a unit of a credit that each rate of a schedule brings a whole number of them with each unit of time: exact fractions without fractions.</summary>
internal sealed class Scale
{
    private const long Million = 1_000_000;

    private readonly long _frequency;

    /// <summary>The scale of a schedule.</summary>
    public Scale(LedgerSchedule schedule)
    {
        _frequency = schedule.Frequency;
        Credit = (BigInteger)Million * 86_400 * _frequency;
        foreach (QuotaReading reading in schedule.Steps.SelectMany(static step => step.Readings ?? []))
        {
            if (reading.Window is { } window && window > TimeSpan.Zero && window <= TimeSpan.FromDays(1))
            {
                BigInteger needed = (BigInteger)Million * Units(window);
                Credit = Credit / BigInteger.GreatestCommonDivisor(Credit, needed) * needed;
            }
        }
    }

    /// <summary>One credit.</summary>
    public BigInteger Credit { get; }

    /// <summary>What flows in with each unit of time of so many in a window, less so many millionths.</summary>
    public BigInteger Flow(BigInteger credits, TimeSpan window, int headroom) => credits * Credit * (Million - headroom) / (Million * Units(window));

    /// <summary>The same of so many in a million seconds.</summary>
    public BigInteger FlowOfMicro(BigInteger credits) => credits * Credit / (Million * (BigInteger)_frequency);

    /// <summary>A time in units, rounded up.</summary>
    public BigInteger Units(TimeSpan time) => time <= TimeSpan.Zero ? 0 : (((BigInteger)time.Ticks * _frequency) + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    /// <summary>Units as a time, rounded up, as far as there is one.</summary>
    public TimeSpan Time(BigInteger units)
    {
        BigInteger ticks = ((units * TimeSpan.TicksPerSecond) + _frequency - 1) / _frequency;
        return units >= long.MaxValue || ticks > TimeSpan.MaxValue.Ticks ? TimeSpan.MaxValue : new TimeSpan((long)ticks);
    }
}
