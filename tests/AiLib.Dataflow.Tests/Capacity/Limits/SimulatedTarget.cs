namespace AiLib.Dataflow.Tests.Capacity.Limits;

/// <summary>A target as a few numbers. Times are in seconds of virtual time.</summary>
internal sealed record SimulatedTarget
{
    /// <summary>How many it takes at once at a time; what comes above is rejected. Default: any number.</summary>
    public Func<double, int>? Takes { get; init; }

    /// <summary>How many it serves at once at full speed at a time. Default: any number.</summary>
    public Func<double, double>? Knee { get; init; }

    /// <summary>
    /// Whether every attempt slows all others, latency = base × (1 + in flight ÷ knee); if not, latency is flat up to the knee and then grows in
    /// proportion, as when a batch is full.
    /// </summary>
    public bool IsSoft { get; init; }

    /// <summary>The standard deviation of the logarithm of the work of a request, whose median is 1 s. Default: 0.5.</summary>
    public double Spread { get; init; } = 0.5;

    /// <summary>How long a rejection takes, give or take a fifth. Default: 0.05.</summary>
    public double RejectsAfter { get; init; } = 0.05;

    /// <summary>How long after an answer its place is free again, on average. Default: 0.</summary>
    public double FreesAfter { get; init; }

    /// <summary>Which share of calls it rejects at a time, however few are in flight. Default: none.</summary>
    public Func<double, double>? RejectsAnyway { get; init; }

    /// <summary>How much more work a request is at a time. Default: 1.</summary>
    public Func<double, double> Work { get; init; } = _ => 1;

    public static SimulatedTarget Rejecting(int above) => new() { Takes = _ => above };

    public static SimulatedTarget Batching(double knee) => new() { Knee = _ => knee };

    public static SimulatedTarget Slowing(double knee) => new() { Knee = _ => knee, IsSoft = true };

    /// <summary>Seconds of work done in a second for each of so many attempts.</summary>
    public double Speed(int serving, double now)
    {
        if (Knee is null)
        {
            return 1;
        }

        double knee = Knee(now);
        return IsSoft ? 1 / (1 + (serving / knee)) : Math.Min(1, knee / Math.Max(1, serving));
    }
}
