using System.Globalization;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>Numbers and durations for people.</summary>
internal static class Figures
{
    private static readonly (double From, string Suffix)[] Sizes = [(1e12, " T"), (1e9, " G"), (1e6, " M"), (1e4, " k")];

    /// <summary>A count in full.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number in at most about four digits.</summary>
    public static string Short(double number)
    {
        foreach ((double from, string suffix) in Sizes)
        {
            if (Math.Abs(number) >= from)
            {
                double unit = suffix == " k" ? 1e3 : from;
                return Digits(number / unit) + suffix;
            }
        }

        return Digits(number);
    }

    /// <summary>A share in percent.</summary>
    public static string Share(double share) => share switch
    {
        > 0 and < 0.001 => "< 0.1 %",
        < 0.1 => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.#} %"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0} %"),
    };

    /// <summary>A duration in milliseconds in its usual unit.</summary>
    public static string Milliseconds(double milliseconds) => milliseconds switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms"),
        < 100_000 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1_000:0.0#} s"),
        _ => Duration(milliseconds / 1_000),
    };

    /// <summary>A duration in seconds, as long as a run may be.</summary>
    public static string Duration(double seconds)
    {
        if (seconds < 100)
        {
            return seconds.ToString(seconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " s";
        }

        TimeSpan span = TimeSpan.FromSeconds(Math.Min(Math.Round(seconds), 1e9));
        return span switch
        {
            { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Minutes} min {span.Seconds:00} s"),
            { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Hours} h {span.Minutes:00} min"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalDays} d {span.Hours:00} h"),
        };
    }

    private static string Digits(double number) => Math.Abs(number) switch
    {
        0 => "0",
        < 0.01 => number.ToString("0.####", CultureInfo.InvariantCulture),
        < 10 => number.ToString("0.##", CultureInfo.InvariantCulture),
        < 100 => number.ToString("0.#", CultureInfo.InvariantCulture),
        _ => number.ToString("N0", CultureInfo.InvariantCulture),
    };
}
