namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>What a limit may know about one attempt that has ended.</summary>
/// <param name="Began">When it began, since an origin that is the same for all samples of one limit; from a monotonic clock.</param>
/// <param name="Ended">When it ended, since the same origin.</param>
/// <param name="InFlight">How many attempts were in flight when it began, itself included: 1 or more.</param>
/// <param name="Outcome">
/// What it says about the target. <see cref="PermitEnd.Dropped"/> is for what was rejected, turned away as overloaded, or timed out.
/// <see cref="PermitEnd.Ignored"/> is for what says nothing, such as a cancelled call or an error that has nothing to do with load.
/// </param>
public readonly record struct AttemptSample(TimeSpan Began, TimeSpan Ended, int InFlight, PermitEnd Outcome)
{
    // Below it latencies are noise of the clock; it also keeps the logarithm finite.
    private const double LeastTicks = 1;

    /// <summary>The natural logarithm of the latency, in ticks.</summary>
    internal double LogLatency => Math.Log(Math.Max(LeastTicks, (double)Ended.Ticks - Began.Ticks));

    /// <summary>When it was over, also where the two times are swapped.</summary>
    internal TimeSpan Over => Began > Ended ? Began : Ended;

    /// <summary>Whether enough of a limit was used when it began for its success to say that there is more room.</summary>
    /// <remarks>80 %: below it the target was not tried, so a limit would grow without meaning (Netflix concurrency-limits asks for half, which lets idle limits creep).</remarks>
    internal bool Uses(int limit) => InFlight >= 0.8 * limit;
}
