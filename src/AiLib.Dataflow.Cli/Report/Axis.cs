using System.Globalization;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>Where the lines of a chart's grid are: at round numbers.</summary>
internal static class Axis
{
    private static readonly double[] RoundSeconds = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];

    /// <summary>From 0 to the first round number that is at least the largest value.</summary>
    /// <param name="largest">The largest value; 0 or less is taken for 1.</param>
    public static IReadOnlyList<double> Values(double largest)
    {
        const int Lines = 4;
        double rough = (largest > 0 ? largest : 1) / Lines;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (new[] { 1, 2, 2.5, 5, 10 }.First(factor => factor * power >= rough * 0.999999));
        int count = (int)Math.Ceiling((largest > 0 ? largest : 1) / step - 0.000001);
        return [.. Enumerable.Range(0, count + 1).Select(index => index * step)];
    }

    /// <summary>Round times from 0 up to the end of a run, with their names.</summary>
    public static IReadOnlyList<(double Seconds, string Text)> Times(double seconds)
    {
        const int Most = 8;
        double step = RoundSeconds.FirstOrDefault(step => seconds / step <= Most, 86_400 * Math.Ceiling(seconds / 86_400 / Most));
        return [.. Enumerable.Range(0, (int)Math.Floor(seconds / step) + 1).Select(index => (index * step, Name(index * step, step)))];
    }

    private static string Name(double seconds, double step) => step switch
    {
        < 60 when seconds < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.#} s"),
        < 3_600 when seconds < 7_200 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 60):0}:{seconds % 60:00} min"),
        < 86_400 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 3_600):0}:{seconds % 3_600 / 60:00} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400:0} d"),
    };
}
