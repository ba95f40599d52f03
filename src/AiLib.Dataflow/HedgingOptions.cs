namespace AiLib.Dataflow;

/// <summary>When a call gets a hedge: a second attempt, at another target, while its first one is still under way. Printing it shows its values.</summary>
/// <remarks>
/// <para>Whichever of the two answers first settles the call; the other one is cancelled, and both are charged. A hedge is one attempt and no more: when it fails, the call
/// goes on as if there had been none. It goes to the next target in fallback order (members of the same pool first) that the call has not visited and that could start it in
/// this instant; it never waits in a queue. One for each call at most, and never for the requests of a stream.</para>
/// <para>For calls that may safely be asked twice, of targets that are rarely slow, each by itself. Where all targets are slow together a hedge only adds to the load, which is
/// what <see cref="MaxShare"/> bounds.</para>
/// </remarks>
public sealed record HedgingOptions
{
    /// <summary>
    /// How long an attempt is waited for before its call gets a hedge; about as long as 95 of 100 attempts take. Counted from the beginning of the attempt, so time in a
    /// queue or before a retry does not count. Default: 5 s.
    /// </summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How many hedges there may be for each call, from 0.001 to 1: what is allowed is saved up call by call, up to ten hedges, and nothing is allowed in advance. So there are
    /// never more hedges than this share of the calls. Default: 0.05, one for twenty calls.
    /// </summary>
    public double MaxShare { get; set; } = 0.05;

    internal void Check(SettingsCheck check)
    {
        check.Range("Hedging.Delay", Delay, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
        check.Range("Hedging.MaxShare", MaxShare, 0.001, 1.0);
    }

    /// <summary>Says what contradicts the targets.</summary>
    internal void Check(SettingsCheck check, IReadOnlyCollection<TargetOptions> targets)
    {
        if (targets.Count == 1)
        {
            check.Add("Hedging is set but the pipeline has 1 target, and a hedge goes to another one; add a target or leave Hedging null.");
        }
        else if (targets.Count > 1 && targets.Max(target => target.AttemptTimeout) is var longest && Delay >= longest)
        {
            check.Add($"Hedging.Delay ({Duration.ToText(Delay)}) is not less than the longest AttemptTimeout ({Duration.ToText(longest)}), so there could never be a hedge; lower the one or raise the other.");
        }
    }
}
