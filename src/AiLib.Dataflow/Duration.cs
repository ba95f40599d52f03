using System.Globalization;

namespace AiLib.Dataflow;

/// <summary>Durations in print: the same short form everywhere.</summary>
internal static class Duration
{
    /// <summary>Such as <c>250 ms</c>, <c>1.5 s</c>, <c>2 min</c>, <c>10 h</c>, <c>3 d</c>.</summary>
    public static string ToText(TimeSpan duration) => duration switch
    {
        { TotalMilliseconds: < 1000 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.###} ms"),
        { TotalSeconds: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###} s"),
        { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMinutes:0.#} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalHours:0.#} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalDays:0.#} d"),
    };
}
