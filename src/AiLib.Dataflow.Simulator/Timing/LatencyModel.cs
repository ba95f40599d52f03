using AiLib.Dataflow.Simulator.Hashing;

namespace AiLib.Dataflow.Simulator.Timing;

/// <summary>When the tokens of one answer are due: a pure function of the options and a hash.</summary>
internal readonly record struct LatencyModel
{
    private const ulong FirstDraw = 0x1A7E_0000_0000_0001;
    private const ulong SecondDraw = 0x1A7E_0000_0000_0002;

    // Beyond four standard deviations a draw says more about the generator than about providers.
    private const double MaxDeviation = 4;

    private readonly double _firstTokenTicks;
    private readonly double _perTokenTicks;

    /// <summary>The latencies of the request with this hash.</summary>
    public LatencyModel(SimulatorOptions options, ulong hash)
    {
        double factor = Factor(options.Jitter, hash);
        _firstTokenTicks = options.TimeToFirstToken.Ticks * factor;
        _perTokenTicks = options.TimePerToken.Ticks * factor;
    }

    /// <summary>The time from arrival until this many tokens have been made; with zero tokens, until the first byte.</summary>
    public TimeSpan Until(int tokens) => TimeSpan.FromTicks((long)(_firstTokenTicks + (_perTokenTicks * tokens)));

    private static double Factor(double jitter, ulong hash)
    {
        if (jitter <= 0)
        {
            return 1;
        }

        // Box and Muller; one minus the draw keeps the logarithm away from zero.
        double radius = Math.Sqrt(-2 * Math.Log(1 - StableHash.ToUnit(StableHash.Combine(hash, FirstDraw))));
        double angle = 2 * Math.PI * StableHash.ToUnit(StableHash.Combine(hash, SecondDraw));
        double normal = Math.Clamp(radius * Math.Cos(angle), -MaxDeviation, MaxDeviation);

        // Half the variance is taken off so that the mean stays what the options say.
        return Math.Exp((jitter * normal) - (jitter * jitter / 2));
    }
}
