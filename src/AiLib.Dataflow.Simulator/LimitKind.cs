namespace AiLib.Dataflow.Simulator;

/// <summary>How the simulator counts requests and tokens against their limits.</summary>
public enum LimitKind
{
    /// <summary>A bucket that refills evenly and holds <see cref="SimulatorOptions.Burst"/> worth of credits.</summary>
    TokenBucket,

    /// <summary>A count that starts again at every full minute since the start of the server.</summary>
    FixedWindow,

    /// <summary>A sixtieth of the minute's limit in every second since the start; what a second does not use is lost.</summary>
    PerSecond,

    /// <summary>In any minute, wherever it begins, at most the limit.</summary>
    SlidingWindow,
}
