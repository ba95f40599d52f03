namespace AiLib.Dataflow.Signals;

/// <summary>How many requests are at each place where a request can be.</summary>
/// <param name="Door">Waiting to be let in.</param>
/// <param name="Admitting">Let in and on their way into a lane.</param>
/// <param name="Ready">Waiting in a lane for credits, a permit or a circuit.</param>
/// <param name="InFlight">Being attempted.</param>
/// <param name="Delayed">Waiting for the time of their retry.</param>
/// <param name="Settling">Answered; the answer has not been taken.</param>
public readonly record struct StageDepths(long Door, long Admitting, long Ready, long InFlight, long Delayed, long Settling);

/// <summary>How long things took. All zero when nothing was counted.</summary>
/// <param name="Count">How many were counted.</param>
/// <param name="P50">Half took at most so long.</param>
/// <param name="P90">Nine in ten took at most so long.</param>
/// <param name="P99">99 in 100 took at most so long.</param>
/// <param name="P999">999 in 1,000 took at most so long.</param>
/// <param name="Longest">The longest.</param>
public readonly record struct LatencyQuantiles(long Count, TimeSpan P50, TimeSpan P90, TimeSpan P99, TimeSpan P999, TimeSpan Longest);

/// <summary>How many attempts ended in which way.</summary>
public readonly record struct OutcomeCounts
{
    private readonly long[]? _counts;

    internal OutcomeCounts(long[] counts) => _counts = counts;

    /// <summary>The number of attempts that ended in this way.</summary>
    public long this[OutcomeKind kind] => _counts is null ? 0 : _counts[(int)kind];

    /// <summary>All of them.</summary>
    public long Total => _counts?.Sum() ?? 0;
}
