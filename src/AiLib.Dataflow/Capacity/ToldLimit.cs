using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>A limit as a target told it; the default is none.</summary>
/// <param name="Limit">So many …</param>
/// <param name="Window">… in so much time.</param>
internal readonly record struct ToldLimit(long Limit, TimeSpan Window)
{
    /// <summary>Whether anything was told.</summary>
    public bool IsTold => Limit > 0;

    /// <summary>Whether this one allows less over time; whoever was told nothing allows everything.</summary>
    public bool IsSlowerThan(ToldLimit other) =>
        IsTold && (!other.IsTold || (Int128)Limit * other.Window.Ticks < (Int128)other.Limit * Window.Ticks);

    /// <summary>As requests: one second's worth at once, at least 1, as is the default where a limit is configured.</summary>
    public CreditRate? ToRequests(Clock clock) =>
        IsTold ? new CreditRate(Limit, clock.ToUnits(Window), (long)Int128.Clamp((Int128)Limit * TimeSpan.TicksPerSecond / Window.Ticks, 1, Limit)) : null;

    /// <summary>As tokens, or as what a day allows: all of the window's at once.</summary>
    public CreditRate? ToWhole(Clock clock) => IsTold ? new CreditRate(Limit, clock.ToUnits(Window), Limit) : null;
}
