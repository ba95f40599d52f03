using System.Globalization;

namespace AiLib.Dataflow.Cli;

/// <summary>Durations as they stand on a command line: a number and one unit, such as <c>500ms</c>, <c>30s</c>, <c>2m</c>, <c>1h</c>.</summary>
internal static class DurationText
{
    /// <summary>What to write, for messages.</summary>
    public const string Form = "a number with ms, s, m or h, such as 500ms, 30s or 2m";

    // The longer unit first where one ends like another.
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
    ];

    /// <summary>A duration for people, such as <c>45 s</c>, <c>2 min</c>, <c>10 h</c>, <c>3 d</c>; rounded up to its unit, as it is a time after which something may be done.</summary>
    public static string Of(TimeSpan duration)
    {
        (double count, string unit) = duration switch
        {
            { TotalSeconds: < 120 } => (duration.TotalSeconds, "s"),
            { TotalMinutes: < 120 } => (duration.TotalMinutes, "min"),
            { TotalHours: < 48 } => (duration.TotalHours, "h"),
            _ => (duration.TotalDays, "d"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(count):0} {unit}");
    }

    /// <summary>Reads a duration.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">The longest that there may be.</param>
    /// <param name="duration">What it says.</param>
    public static bool TryParse(string text, TimeSpan most, out TimeSpan duration)
    {
        foreach ((string unit, TimeSpan length) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                ReadOnlySpan<char> digits = text.AsSpan(0, text.Length - unit.Length);
                bool isNumber = double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
                bool isPossible = isNumber && number * length.TotalDays <= most.TotalDays;
                duration = isPossible ? length * number : default;
                return isPossible;
            }
        }

        duration = default;
        return false;
    }
}
