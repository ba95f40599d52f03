using System.Globalization;
using AiLib.Dataflow.Scenarios.Reporting;

namespace AiLib.Dataflow.Scenarios.Overhead;

/// <summary>What contenders took, round by round.</summary>
internal sealed class Comparison(IReadOnlyList<CostSeries> contenders)
{
    // Beyond this a figure is not repeatable, and says more about the machine.
    private const double LargestSpread = 0.10;

    /// <summary>The medians.</summary>
    public ReportTable Costs(string id, string title) => new(id, title, [.. contenders.Select(static contender => new ReportRow(
        contender.Name,
        new Metric("nanoseconds", contender.Nanoseconds.Median, "0.0"),
        new Metric("least", contender.Nanoseconds.Least, "0.0"),
        new Metric("most", contender.Nanoseconds.Most, "0.0"),
        new Metric("bytes", contender.Bytes.Median, "0.0")))]);

    /// <summary>Ours over the floor, and everyone else over ours.</summary>
    public ReportTable Ratios(string id, string title, string ours, string floor) => new(id, title, [.. Pairs(ours, floor).Select(static pair => new ReportRow(
        $"{pair.Over.Name} ÷ {pair.Under.Name}",
        new Metric("median", pair.Ratio.Median),
        new Metric("least", pair.Ratio.Least),
        new Metric("most", pair.Ratio.Most)))]);

    /// <summary>Says whose rounds were too far apart.</summary>
    public IEnumerable<string> Warnings(string face, string ours)
    {
        (CostSeries Over, CostSeries Under, Spread Ratio)[] far =
            [.. Pairs(ours, contenders[0].Name).Where(static pair => pair.Ratio.Relative > LargestSpread)];
        if (far.Length > 0)
        {
            (CostSeries over, CostSeries under, Spread ratio) = far.MaxBy(static pair => pair.Ratio.Relative);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{face}: the rounds of {far.Length} ratios differ by more than {LargestSpread:P0}, most those of {over.Name} ÷ {under.Name} ({ratio.Relative:P0}).");
        }
    }

    private IEnumerable<(CostSeries Over, CostSeries Under, Spread Ratio)> Pairs(string ours, string floor)
    {
        CostSeries pipeline = contenders.First(contender => contender.Name == ours);
        CostSeries lowest = contenders.First(contender => contender.Name == floor);
        yield return (pipeline, lowest, pipeline.Over(lowest));
        foreach (CostSeries other in contenders.Where(contender => contender != pipeline && contender != lowest))
        {
            yield return (other, pipeline, other.Over(pipeline));
        }
    }
}
