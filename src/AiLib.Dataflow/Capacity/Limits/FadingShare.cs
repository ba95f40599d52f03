namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>Which share of the last attempts was rejected: a plain mean at first, then one in which old attempts fade.</summary>
internal struct FadingShare
{
    // So many attempts are remembered: a share of 0.5 % is then known to about a third of itself.
    private const int Memory = 1_000;

    private int _count;

    /// <summary>A share that was counted.</summary>
    public FadingShare(int rejected, int attempts)
    {
        _count = Math.Min(attempts, Memory);
        Value = attempts > 0 ? (double)rejected / attempts : 0;
    }

    /// <summary>The share.</summary>
    public double Value { get; private set; }

    /// <summary>The most that the share may be where it was counted, by two standard errors.</summary>
    public readonly double AtMost => Value + (2 * Math.Sqrt(Value * (1 - Value) / Math.Max(1, _count)));

    /// <summary>Counts an attempt.</summary>
    public void Add(bool rejected)
    {
        _count = Math.Min(_count + 1, Memory);
        Value += ((rejected ? 1 : 0) - Value) / _count;
    }
}
