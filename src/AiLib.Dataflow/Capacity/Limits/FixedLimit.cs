namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>A limit that stays as it is.</summary>
public sealed class FixedLimit : IConcurrencyLimit
{
    /// <summary>Creates the limit.</summary>
    /// <param name="limit">The most attempts in flight, from 1 to 1,000,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    public FixedLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, LimitRange.Most);
        Current = limit;
    }

    /// <inheritdoc/>
    public int Current { get; }

    /// <inheritdoc/>
    public void Observe(in AttemptSample sample)
    {
    }
}
