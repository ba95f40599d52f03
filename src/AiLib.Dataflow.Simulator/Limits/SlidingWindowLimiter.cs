using System.Diagnostics;

namespace AiLib.Dataflow.Simulator.Limits;

/// <summary>In any minute, wherever it begins, never more than the limit: what was taken comes back a minute later, and not a tick earlier.</summary>
/// <remarks>Exact: it remembers each moment of the last minute in which something was taken, at most as many as there are credits.</remarks>
internal sealed class SlidingWindowLimiter : CreditLimiter
{
    // Oldest first; what was taken in one tick is one entry.
    private readonly LinkedList<(long At, long Credits)> _taken = [];
    private long _used;
    private long _now;

    public SlidingWindowLimiter(long perMinute, long now, long taken)
        : base(perMinute)
    {
        _now = now;
        if (taken > 0)
        {
            Note(Math.Min(perMinute, taken));
        }
    }

    /// <inheritdoc/>
    public override long Largest => PerMinute;

    /// <inheritdoc/>
    public override bool TryTake(long credits, long now)
    {
        Forget(now);
        if (credits > PerMinute - _used)
        {
            return false;
        }

        Note(credits);
        return true;
    }

    /// <inheritdoc/>
    public override long Remaining(long now)
    {
        Forget(now);
        return PerMinute - _used;
    }

    /// <inheritdoc/>
    public override long TicksUntil(long credits, long now)
    {
        Debug.Assert(credits <= Largest);
        Forget(now);
        long missing = credits - (PerMinute - _used);
        foreach ((long at, long taken) in _taken)
        {
            if (missing <= 0)
            {
                break;
            }

            missing -= taken;
            if (missing <= 0)
            {
                return at + TimeSpan.TicksPerMinute - _now;
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    public override long TicksUntilFull(long now)
    {
        Forget(now);
        return _taken.Last is { } last ? last.Value.At + TimeSpan.TicksPerMinute - _now : 0;
    }

    private void Note(long credits)
    {
        _used += credits;
        if (_taken.Last is { } last && last.Value.At == _now)
        {
            last.ValueRef.Credits += credits;
        }
        else if (credits > 0)
        {
            _taken.AddLast((_now, credits));
        }
    }

    private void Forget(long now)
    {
        _now = Math.Max(_now, now);
        while (_taken.First is { } first && first.Value.At + TimeSpan.TicksPerMinute <= _now)
        {
            _used -= first.Value.Credits;
            _taken.RemoveFirst();
        }
    }
}
