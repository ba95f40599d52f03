using System.Buffers;
using System.Globalization;

namespace AiLib.Dataflow.Simulator.Timing;

/// <summary>Durations as OpenAI writes them: <c>12ms</c>, <c>1.5s</c>, <c>6m0s</c>, <c>24h0m0s</c>.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    // The longer unit first where one begins like another.
    private static readonly (string Unit, double Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond),
        ("us", TimeSpan.TicksPerMicrosecond),
        ("ns", TimeSpan.TicksPerMicrosecond / 1000.0),
        ("h", TimeSpan.TicksPerHour),
        ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond),
    ];

    /// <summary>Writes a duration, rounded up to the millisecond so that waiting as told is never too short.</summary>
    public static string Format(TimeSpan duration)
    {
        long milliseconds = ToMillisecondsUp(duration);
        if (milliseconds is > 0 and < 1000)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
        }

        string seconds = string.Create(CultureInfo.InvariantCulture, $"{milliseconds % 60_000 / 1000m:0.###}s");
        long minutes = milliseconds / 60_000;
        return minutes switch
        {
            0 => seconds,
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{minutes}m{seconds}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{minutes / 60}h{minutes % 60}m{seconds}"),
        };
    }

    /// <summary>Reads what <see cref="Format"/> writes, and any other sum of numbers with units; a lone <c>0</c> is zero.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        ReadOnlySpan<char> rest = text;
        if (rest.SequenceEqual("0"))
        {
            return true;
        }

        double ticks = 0;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                return false;
            }

            rest = rest[digits..];
            int unit = FindUnit(rest);
            if (unit < 0)
            {
                return false;
            }

            ticks += number * Units[unit].Ticks;
            rest = rest[Units[unit].Unit.Length..];
        }

        if (text.Length == 0 || ticks > TimeSpan.MaxValue.Ticks / 2.0)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)Math.Round(ticks));
        return true;
    }

    /// <summary>Whole milliseconds, rounded up; never negative.</summary>
    public static long ToMillisecondsUp(TimeSpan duration) => DivideUp(duration, TimeSpan.TicksPerMillisecond);

    /// <summary>Whole seconds, rounded up; never negative.</summary>
    public static long ToSecondsUp(TimeSpan duration) => DivideUp(duration, TimeSpan.TicksPerSecond);

    private static long DivideUp(TimeSpan duration, long unit)
    {
        long ticks = Math.Max(0, duration.Ticks);
        return (ticks / unit) + (ticks % unit == 0 ? 0 : 1);
    }

    private static int FindUnit(ReadOnlySpan<char> text)
    {
        for (int index = 0; index < Units.Length; index++)
        {
            if (text.StartsWith(Units[index].Unit, StringComparison.Ordinal))
            {
                return index;
            }
        }

        return -1;
    }
}
