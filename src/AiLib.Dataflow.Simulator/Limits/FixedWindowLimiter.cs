using System.Diagnostics;

namespace AiLib.Dataflow.Simulator.Limits;

/// <summary>A count that starts again at every full minute since the start of the server.</summary>
/// <remarks>Within a window never more than the limit; two neighbouring windows can put twice the limit into a short time.</remarks>
internal sealed class FixedWindowLimiter : CreditLimiter
{
    private long _window;
    private long _used;

    public FixedWindowLimiter(long perMinute, long now, long taken)
        : base(perMinute)
    {
        _window = now / TimeSpan.TicksPerMinute;
        _used = Math.Min(perMinute, taken);
    }

    /// <inheritdoc/>
    public override long Largest => PerMinute;

    /// <inheritdoc/>
    public override bool TryTake(long credits, long now)
    {
        Turn(now);
        if (credits > PerMinute - _used)
        {
            return false;
        }

        _used += credits;
        return true;
    }

    /// <inheritdoc/>
    public override long Remaining(long now)
    {
        Turn(now);
        return PerMinute - _used;
    }

    /// <inheritdoc/>
    public override long TicksUntil(long credits, long now)
    {
        Debug.Assert(credits <= Largest);
        Turn(now);
        return credits <= PerMinute - _used ? 0 : TicksUntilTurn(now);
    }

    /// <inheritdoc/>
    public override long TicksUntilFull(long now)
    {
        Turn(now);
        return _used == 0 ? 0 : TicksUntilTurn(now);
    }

    private long TicksUntilTurn(long now) => Math.Max(0, ((_window + 1) * TimeSpan.TicksPerMinute) - now);

    private void Turn(long now)
    {
        long window = now / TimeSpan.TicksPerMinute;
        if (window > _window)
        {
            _window = window;
            _used = 0;
        }
    }
}
