using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Cli.Live;

/// <summary>How much of a job is done, and how long the rest takes at the pace of the last minute.</summary>
/// <param name="Done">Requests that have their line.</param>
/// <param name="Total">All requests, as far as that can be told; null when it cannot.</param>
/// <param name="IsExact">Whether the input was read to its end, so that the total was counted.</param>
/// <param name="Left">How long the rest takes; null when nothing tells.</param>
internal readonly record struct Forecast(long Done, long? Total, bool IsExact, TimeSpan? Left)
{
    // Before that a pace is a guess.
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(3);

    /// <summary>From 0 to 1; null when the total is not known.</summary>
    public double? Share => Total is > 0 and { } total ? Math.Clamp((double)Done / total, 0, 1) : null;

    /// <summary>Looks ahead.</summary>
    /// <param name="counts">What the job has counted.</param>
    /// <param name="input">Which part of the input is read.</param>
    /// <param name="perSecond">Requests that got their line a second, in the last minute.</param>
    /// <param name="span">How long the pace was watched.</param>
    public static Forecast Of(in BatchJobCounts counts, BatchInputOptions input, double perSecond, TimeSpan span)
    {
        long done = counts.Answered + counts.Failed + counts.BadLines + counts.AlreadyDone;
        bool isRead = counts.InputBytes > 0 && counts.BytesRead >= counts.InputBytes;
        long? total = null;
        if (input.ShuffleSeed is null && counts is { InputBytes: > 0, BytesRead: > 0 })
        {
            // Lines are taken to go on being as long as they were so far.
            total = isRead ? counts.LinesRead : (long)Math.Min(1e15, counts.LinesRead * ((double)counts.InputBytes / counts.BytesRead));
        }

        foreach (long? most in (ReadOnlySpan<long?>)[input.Limit, input.SampleCount])
        {
            total = most is { } number ? Math.Min(number, total ?? number) : total;
        }

        total = total is { } estimate ? Math.Max(estimate, done) : null;
        TimeSpan? left = total is { } all && perSecond > 0 && span >= Least
            ? TimeSpan.FromSeconds(Math.Min((all - done) / perSecond, 1e9))
            : null;
        return new Forecast(done, total, isRead && input.ShuffleSeed is null, left);
    }
}
