namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>The medians of one rival's runs.</summary>
/// <param name="Rival">Who ran.</param>
/// <param name="Median">Each number's median.</param>
/// <param name="Ratio">Requests per second over those of the plain loop in the same round: the median of the rounds.</param>
/// <param name="SteadyRatio">The same without the first quarter of each run.</param>
/// <param name="CpuRatio">The plain loop's processor time for a request over this rival's, without the first quarter: what other work on the machine disturbs least.</param>
internal sealed record ScenarioRow(string Rival, Run Median, double Ratio, double SteadyRatio, double CpuRatio)
{
    /// <summary>Sums up a rival's runs; <paramref name="plain"/> are those of the same rounds that it is compared with.</summary>
    public static ScenarioRow From(string rival, IReadOnlyList<Run> runs, IReadOnlyList<Run> plain)
    {
        Run median = new(
            MedianOf(runs, static run => run.PerSecond),
            MedianOf(runs, static run => run.SteadyPerSecond),
            MedianOf(runs, static run => run.CpuMicroseconds),
            MedianOf(runs, static run => run.SteadyCpuMicroseconds),
            MedianOf(runs, static run => run.ServerMicroseconds));
        (Run Own, Run Plain)[] pairs = [.. runs.Zip(plain)];
        return new ScenarioRow(
            rival,
            median,
            MedianOf(pairs, static pair => pair.Own.PerSecond / pair.Plain.PerSecond),
            MedianOf(pairs, static pair => pair.Own.SteadyPerSecond / pair.Plain.SteadyPerSecond),
            MedianOf(pairs, static pair => pair.Plain.SteadyCpuMicroseconds / pair.Own.SteadyCpuMicroseconds));
    }

    private static double MedianOf<T>(IReadOnlyList<T> items, Func<T, double> number)
    {
        double[] sorted = [.. items.Select(number).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
