namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>The latencies that are measured at one level: some answers are let pass until the target has settled, the next ones count.</summary>
internal struct LatencyRound
{
    private int _settling;
    private readonly int _wanted;
    private readonly int _least;
    private int _count;
    private double _sum;
    private double _sumOfSquares;

    // The square of the standard error that is good enough to end before there are as many as wanted.
    private const double Enough = 0.04 * 0.04;

    /// <summary>A round that lets so many answers pass and then wants so many, or fewer, where these already say enough because they are alike.</summary>
    /// <param name="settling">How many it lets pass.</param>
    /// <param name="wanted">How many it wants.</param>
    /// <param name="least">How many it wants however alike they are. Default: as many.</param>
    public LatencyRound(int settling, int wanted, int least = int.MaxValue) => (_settling, _wanted, _least) = (settling, wanted, least);

    /// <summary>How many latencies it has.</summary>
    public readonly int Count => _count;

    /// <summary>Takes the logarithm of a latency.</summary>
    /// <returns>Whether the round has all that it wants.</returns>
    public bool Add(double logLatency)
    {
        if (_settling > 0)
        {
            _settling--;
            return false;
        }

        _count++;
        _sum += logLatency;
        _sumOfSquares += logLatency * logLatency;
        return _count >= _wanted || (_count >= _least && Variance <= Enough * _count);
    }

    /// <summary>What was measured; at least one latency must have been.</summary>
    public readonly RoundFigures At(int level)
    {
        // A target of constant latency would make one measurement infinitely convincing.
        return new RoundFigures(Math.Log(level), Mean, Math.Max(1e-4, Variance), _count);
    }

    private readonly double Mean => _sum / _count;

    private readonly double Variance => (_sumOfSquares / _count) - (Mean * Mean);
}

/// <summary>What a round has measured. Logarithms, because load multiplies latencies and because one slow answer then is no slow round.</summary>
/// <param name="LogLevel">The logarithm of how many attempts were in flight.</param>
/// <param name="LogLatency">The mean of the logarithms of the latencies.</param>
/// <param name="Variance">Their variance.</param>
/// <param name="Count">How many there were.</param>
internal readonly record struct RoundFigures(double LogLevel, double LogLatency, double Variance, int Count);
