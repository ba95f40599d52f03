namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>
/// What the target makes of more attempts in flight: 1 when twice as many bring twice the answers (latency stays), 0 when they bring none (latency
/// grows in proportion).
/// </summary>
/// <remarks>
/// By Little's law answers per second are attempts in flight ÷ latency, so the gain is 1 − d log(latency) / d log(in flight). The slope is fitted to
/// rounds next to each other only: when the work itself becomes longer, one pair is wrong, not all that come after it. Old pairs fade.
/// </remarks>
internal struct GainEstimate
{
    // How much of the past a new pair of rounds at clearly different levels leaves: about ten pairs are remembered.
    private const double Memory = 0.9;

    // A pair this far apart is a comparison; a step of growth is only a hint and fades nothing.
    private const double Apart = 0.15;

    // Levels closer than this say nothing.
    private const double Close = 0.02;

    // In standard errors.
    private const double Tolerated = 1;

    // A pinch of belief in a gain of 1, so that no pair is an estimate of 1 with a wide error.
    private const double Belief = 0.1;

    // Latencies are spread as e^±0.5 until something is measured; so many latencies outweigh it.
    private const double FirstVariance = 0.25;
    private const double VarianceMemory = 100;

    private double _squares;
    private double _products;

    /// <summary>An estimate without any evidence.</summary>
    public GainEstimate() => Variance = FirstVariance;

    /// <summary>The variance of the logarithm of a latency.</summary>
    public double Variance { get; private set; }

    /// <summary>The standard deviation of the logarithm of a latency.</summary>
    public readonly double Spread => Math.Sqrt(Variance);

    /// <summary>The gain.</summary>
    public readonly double Mean => 1 - (_products / (_squares + Belief));

    /// <summary>The standard error of <see cref="Mean"/>.</summary>
    public readonly double Error => Math.Sqrt(Variance / (_squares + Belief));

    /// <summary>Whether the gain is more than a value, by so many standard errors.</summary>
    public readonly bool IsAbove(double value, double errors) => Mean - (errors * Error) > value;

    /// <summary>Whether the gain is less than a value, by so many standard errors.</summary>
    public readonly bool IsBelow(double value, double errors) => Mean + (errors * Error) < value;

    /// <summary>The gain between two rounds; 1 when their levels are the same.</summary>
    public static double Between(in RoundFigures one, in RoundFigures other)
    {
        double distance = other.LogLevel - one.LogLevel;
        return Math.Abs(distance) > Close ? 1 - ((other.LogLatency - one.LogLatency) / distance) : 1;
    }

    /// <summary>The standard error of <see cref="Between"/>.</summary>
    public readonly double ErrorBetween(in RoundFigures one, in RoundFigures other) =>
        Math.Sqrt(Variance * ((1.0 / one.Count) + (1.0 / other.Count))) / Math.Max(Close, Math.Abs(other.LogLevel - one.LogLevel));

    /// <summary>Learns how much latencies are spread.</summary>
    public void LearnVariance(in RoundFigures round) => Variance += (round.Variance - Variance) * round.Count / (round.Count + VarianceMemory);

    /// <summary>Learns from a round and the one before it.</summary>
    public void Learn(in RoundFigures before, in RoundFigures round)
    {
        double distance = round.LogLevel - before.LogLevel;
        if (Math.Abs(distance) <= Close)
        {
            return;
        }

        if (Math.Abs(distance) > Apart)
        {
            Fade(Memory);
        }

        // No target has a gain above 1 or below 0; what lies further outside than chance explains is a change of the work or of the target in between.
        double chance = Tolerated * ErrorBetween(before, round);
        double gain = Math.Clamp(Between(before, round), -chance, 1 + chance);
        double weight = distance * distance / ((1.0 / round.Count) + (1.0 / before.Count));
        _squares += weight;
        _products += weight * (1 - gain);
    }

    /// <summary>Trusts what is known less, because the level has moved away from where it was learnt.</summary>
    public void Fade(double share)
    {
        _squares *= share;
        _products *= share;
    }
}
