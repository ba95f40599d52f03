using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Batch.Parking;
using AiLib.Dataflow.Batch.Repeats;
using AiLib.Dataflow.Batch.Spend;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>What an open job is made of, for those who run it.</summary>
/// <remarks>Each part says which threads may use it.</remarks>
internal sealed class JobParts : IDisposable
{
    public JobParts(BatchJobOptions options, JobFiles files)
    {
        Options = options;
        Files = files;
        Spend = new SpendMeter(options.Prices, files.SpentBefore, options.Estimator);
        Tally = new JobTally(files.Input.CanSeek ? files.Input.Length : 0, files.AlreadyFailed, Spend);
        Leaders = options.Dedupe ? new LeaderLedger(files.NewLedger()) : null;
        Parked = options.WaitForQuota is { } longest ? new ParkedRequests(longest) : null;
    }

    /// <summary>What was asked for.</summary>
    public BatchJobOptions Options { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time => Options.TimeProvider;

    /// <summary>What is read and written.</summary>
    public JobFiles Files { get; }

    /// <summary>What attempts cost.</summary>
    public SpendMeter Spend { get; }

    /// <summary>How far it is.</summary>
    public JobTally Tally { get; }

    /// <summary>Which requests are equal to an earlier one; null when all are sent. The input's reader's own until the last leg has ended.</summary>
    public LeaderLedger? Leaders { get; }

    /// <summary>Which requests wait for a quota; null when a run does not wait for that.</summary>
    public ParkedRequests? Parked { get; }

    /// <summary>How far it is, and what waits. From anywhere.</summary>
    public BatchJobCounts Counts => Parked is null ? Tally.Read() : Tally.Read() with { Parked = Parked.Count, WaitsUntil = Parked.WaitsUntil };

    /// <inheritdoc/>
    public void Dispose()
    {
        Files.Dispose();
        Leaders?.Dispose();
    }
}
