using AiLib.Dataflow.Batch.Export;
using AiLib.Dataflow.Cli.Recording;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>What is known of a job.</summary>
/// <param name="Name">What the page is called after.</param>
/// <param name="Made">When the page was made.</param>
/// <param name="Totals">What stands in its files; null where they cannot be read, or there are none.</param>
/// <param name="Runs">What its runs did, the last one last; none where nothing was kept.</param>
/// <param name="Notes">What could not be known and why, as sentences.</param>
internal sealed record JobPicture(string Name, DateTimeOffset Made, BatchTotals? Totals, IReadOnlyList<RunRecord> Runs, IReadOnlyList<string> Notes)
{
    /// <summary>The last run; null where nothing was kept.</summary>
    public RunRecord? Last => Runs.Count > 0 ? Runs[^1] : null;

    /// <summary>The runs since the job was last begun from nothing.</summary>
    public IReadOnlyList<RunRecord> RunsOfThisJob => [.. Runs.Skip(Math.Max(0, Runs.ToList().FindLastIndex(run => run.Fresh)))];

    /// <summary>How many have their answer.</summary>
    public long Answered => Totals?.Answered ?? Runs.Sum(run => run.Answered);

    /// <summary>How many have failed for good.</summary>
    public long Failed => Totals?.Failed ?? (Last is { } last ? last.Failed + last.BadLines + last.AlreadyFailed : 0);
}
