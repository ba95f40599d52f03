namespace AiLib.Dataflow.Cli.Live;

/// <summary>How fast counters have grown in the last minute. The mean since the start would still promise what a limit, or an outage, has long taken back.</summary>
/// <remarks>For one thread.</remarks>
/// <param name="counters">How many there are.</param>
internal sealed class RecentRate(int counters)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly Queue<(TimeSpan Time, long[] Values)> _seen = [];
    private (TimeSpan Time, long[] Values) _last = (TimeSpan.Zero, new long[counters]);
    private TimeSpan _kept = TimeSpan.MinValue;

    /// <summary>The time that is looked back on: a minute, or less at the beginning.</summary>
    public TimeSpan Span => _seen.Count > 0 ? _last.Time - _seen.Peek().Time : TimeSpan.Zero;

    /// <summary>Takes what the counters say now.</summary>
    public void Add(TimeSpan time, params ReadOnlySpan<long> values)
    {
        _last = (time, values.ToArray());
        if (_kept == TimeSpan.MinValue || time - _kept >= Step)
        {
            _kept = time;
            _seen.Enqueue(_last);
        }

        while (_seen.Count > 1 && time - _seen.Peek().Time > Window)
        {
            _seen.Dequeue();
        }
    }

    /// <summary>How much a counter grew a second.</summary>
    public double Of(int counter) => Span > TimeSpan.Zero ? (_last.Values[counter] - _seen.Peek().Values[counter]) / Span.TotalSeconds : 0;
}
