namespace AiLib.Dataflow.Cli.Recording;

/// <summary>The samples of a run, from its first moment to its last, in memory that does not grow: when it is full, every other one goes and the rest stand twice as far apart.</summary>
/// <remarks>For one thread.</remarks>
/// <param name="finest">How far apart samples are at first.</param>
/// <param name="capacity">The most samples; even, at least 4.</param>
internal sealed class RunSeries(TimeSpan finest, int capacity = RunSeries.DefaultCapacity)
{
    /// <summary>Enough for a chart as wide as a page.</summary>
    public const int DefaultCapacity = 480;

    // The last one is always the newest; those before it are at least an interval apart.
    private readonly List<RunSample> _samples = [];

    /// <summary>How far apart samples are now.</summary>
    public TimeSpan Interval { get; private set; } = finest;

    /// <summary>The samples, in the order of time.</summary>
    public IReadOnlyList<RunSample> Samples => _samples;

    /// <summary>Takes the newest sample.</summary>
    public void Add(in RunSample sample)
    {
        if (_samples.Count >= 2 && _samples[^1].Time - _samples[^2].Time < Interval)
        {
            _samples[^1] = sample;
            return;
        }

        if (_samples.Count == capacity)
        {
            Thin();
        }

        _samples.Add(sample);
    }

    /// <summary>What happened between each sample and the next.</summary>
    public IReadOnlyList<RunPoint> ToPoints() => [.. _samples.Zip(_samples.Skip(1), RunPoint.Between)];

    private void Thin()
    {
        int kept = 0;
        for (int index = 0; index < _samples.Count; index += 2)
        {
            _samples[kept++] = _samples[index];
        }

        _samples.RemoveRange(kept, _samples.Count - kept);
        Interval *= 2;
    }
}
