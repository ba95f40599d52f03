namespace AiLib.Dataflow.Tests.Capacity.Limits;

/// <summary>What happened in a simulation, by its time in seconds.</summary>
internal sealed class SimulationResult
{
    public List<double> Answers { get; } = [];

    public List<double> Rejections { get; } = [];

    /// <summary>The limit at every full second.</summary>
    public List<int> Limits { get; } = [];

    /// <summary>The share of all calls that was rejected.</summary>
    public double Rejected => (double)Rejections.Count / (Rejections.Count + Answers.Count);

    /// <summary>The share of the calls that ended in a span of time that was rejected.</summary>
    public double RejectedIn(double from, double to)
    {
        double rejections = Rejections.Count(at => at > from && at <= to);
        return rejections / (rejections + Answers.Count(at => at > from && at <= to));
    }

    /// <summary>Answers per second in a span of time.</summary>
    public double Rate(double from, double to) => Answers.Count(at => at > from && at <= to) / (to - from);

    /// <summary>The mean limit in a span of time.</summary>
    public double MeanLimit(int from, int to) => Limits.Skip(from).Take(to - from).Average();

    /// <summary>The highest limit in a span of time.</summary>
    public int MostLimit(int from, int to) => Limits.Skip(from).Take(to - from).Max();

    /// <summary>The first second from which the limit stayed within bounds for ten seconds, counted from a start; -1 if it never did.</summary>
    public int SettledAfter(int from, int least, int most)
    {
        for (int second = from; second + 10 <= Limits.Count; second++)
        {
            if (Limits.Skip(second).Take(10).All(limit => limit >= least && limit <= most))
            {
                return second - from;
            }
        }

        return -1;
    }

    /// <summary>Notes the limit for all full seconds up to a time.</summary>
    public void KeepLimit(double until, int limit)
    {
        while (Limits.Count < until && Limits.Count < 10_000)
        {
            Limits.Add(limit);
        }
    }
}
