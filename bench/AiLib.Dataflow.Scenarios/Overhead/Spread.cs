namespace AiLib.Dataflow.Scenarios.Overhead;

/// <summary>The middle and the ends of several figures.</summary>
/// <param name="Median">The middle.</param>
/// <param name="Least">The least.</param>
/// <param name="Most">The most.</param>
internal readonly record struct Spread(double Median, double Least, double Most)
{
    /// <summary>How far apart the ends are, in middles.</summary>
    public double Relative => Median == 0 ? 0 : (Most - Least) / Median;

    /// <summary>Of these figures.</summary>
    public static Spread Of(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}
