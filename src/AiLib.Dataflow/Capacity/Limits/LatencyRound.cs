namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>The latencies that are measured at one level: some answers are let pass until the target has settled, the next ones count.</summary>
internal struct LatencyRound
{
    private int _settling;
    private readonly int _wanted;
    private int _count;
    private double _sum;
    private double _sumOfSquares;

    /// <summary>A round that lets so many answers pass and then wants so many.</summary>
    public LatencyRound(int settling, int wanted) => (_settling, _wanted) = (settling, wanted);

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
        return _count >= _wanted;
    }

    /// <summary>What was measured; at least one latency must have been.</summary>
    public readonly RoundFigures At(int level)
    {
        double mean = _sum / _count;

        // A target of constant latency would make one measurement infinitely convincing.
        return new RoundFigures(Math.Log(level), mean, Math.Max(1e-4, (_sumOfSquares / _count) - (mean * mean)), _count);
    }
}

/// <summary>What a round has measured. Logarithms, because load multiplies latencies and because one slow answer then is no slow round.</summary>
/// <param name="LogLevel">The logarithm of how many attempts were in flight.</param>
/// <param name="LogLatency">The mean of the logarithms of the latencies.</param>
/// <param name="Variance">Their variance.</param>
/// <param name="Count">How many there were.</param>
internal readonly record struct RoundFigures(double LogLevel, double LogLatency, double Variance, int Count);
