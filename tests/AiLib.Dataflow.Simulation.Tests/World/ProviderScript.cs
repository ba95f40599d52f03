namespace AiLib.Dataflow.Simulation.Tests.World;

/// <summary>What a simulated provider may do with an attempt.</summary>
internal enum ProviderAct
{
    Answer,
    ThrottleWithoutWait,
    ThrottleForAWhile,
    ThrottleForTooLong,
    ThrottleForZero,
    Fail,
    Overload,
    OverloadForAWhile,
    Reject,
    Exhaust,
    Conflict,
    ThrowNow,
    ThrowLater,
    ThrowForeignCancellation,
    Hang,
    HangDeaf,
    LateDeaf,
}

/// <summary>How often a provider does what.</summary>
/// <param name="FaultPercent">So many attempts of a hundred do not answer.</param>
/// <param name="Faults">What they do instead.</param>
/// <param name="MaxLatency">An attempt takes up to so many milliseconds.</param>
internal sealed record ProviderScript(int FaultPercent, ProviderAct[] Faults, int MaxLatency)
{
    /// <summary>So many outcomes of a hundred say something about quotas, true or not.</summary>
    public int TellsPercent { get; init; }

    /// <summary>Everything that can go wrong.</summary>
    public static readonly ProviderAct[] AllFaults = [.. Enum.GetValues<ProviderAct>().Where(act => act != ProviderAct.Answer)];

    /// <summary>Faults that pass: each request is answered in the end if it is tried often enough.</summary>
    public static readonly ProviderAct[] Transient =
    [
        ProviderAct.ThrottleWithoutWait, ProviderAct.ThrottleForAWhile, ProviderAct.ThrottleForZero, ProviderAct.Fail, ProviderAct.Overload,
        ProviderAct.ThrowLater, ProviderAct.Hang,
    ];
}
