using System.Globalization;
using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Tests.Capacity.Limits;

/// <summary>
/// The runs of one limit at one target with many seeds, each beside the best fixed limit for the same work. From the second minute on unless it says otherwise.
/// </summary>
internal sealed class LimitReport
{
    public const int Seeds = 24;

    private const int From = 60;
    private const int To = 660;

    /// <summary>Runs a limit with every seed for which the best is known.</summary>
    public LimitReport(SimulatedTarget target, IReadOnlyList<double> best, Func<IConcurrencyLimit> create)
    {
        Runs = [.. Enumerable.Range(0, best.Count).Select(seed => LimitSimulation.Run(create(), target, seed))];
        Shares = [.. Runs.Select((run, seed) => run.Rate(From, To) / best[seed])];
    }

    public IReadOnlyList<SimulationResult> Runs { get; }

    /// <summary>Answers as a share of those of the best fixed limit, for each seed.</summary>
    public IReadOnlyList<double> Shares { get; }

    public double WorstShare => Shares.Min();

    /// <summary>The largest share of calls that was rejected, the first minute included.</summary>
    public double MostRejected => Runs.Max(run => run.Rejected);

    public double MeanLimit => Runs.Average(run => run.MeanLimit(From, To));

    public double MostMeanLimit => Runs.Max(run => run.MeanLimit(From, To));

    /// <summary>The highest limit of any run in the ten seconds after the first minute.</summary>
    public double LimitAfterAMinute => Runs.Max(run => run.MeanLimit(From, From + 10));

    /// <summary>For each seed the answers per second of the best of some fixed limits.</summary>
    public static IReadOnlyList<double> BestFixed(SimulatedTarget target, params int[] limits) => BestFixed(Seeds, target, limits);

    /// <summary>The same for fewer seeds, where a run is long.</summary>
    public static IReadOnlyList<double> BestFixed(int seeds, SimulatedTarget target, params int[] limits) =>
        [.. Enumerable.Range(0, seeds).Select(seed => limits.Max(limit => LimitSimulation.Run(new FixedLimit(limit), target, seed).Rate(From, To)))];

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"answers / best fixed: least {WorstShare:F3}, mean {Shares.Average():F3}; rejected: most {MostRejected:P2}; limit: mean {MeanLimit:F1}, most {MostMeanLimit:F1}, after a minute at most {LimitAfterAMinute:F0}");
}
