using System.Diagnostics;

namespace AiLib.Dataflow.Simulator.Limits;

/// <summary>A limit per minute that is enforced second by second, as providers do with sixtieths of their stated limits.</summary>
/// <remarks>
/// Second <c>k</c> may use <c>ceil((k+1)L/60) - ceil(kL/60)</c> credits, so any sixty neighbouring seconds allow exactly <c>L</c>. What a second
/// does not use is lost. A request larger than a second's share passes when that second is untouched and pays with the seconds after it.
/// </remarks>
internal sealed class PerSecondLimiter : CreditLimiter
{
    private const int SecondsPerMinute = 60;

    private long _second;
    private long _used;

    public PerSecondLimiter(long perMinute, long now, long taken)
        : base(perMinute)
    {
        _second = now / TimeSpan.TicksPerSecond;

        // What was taken under another limit must not block many seconds of this one.
        _used = Math.Min(Share(_second), taken);
    }

    /// <inheritdoc/>
    public override long Largest => PerMinute;

    /// <inheritdoc/>
    public override bool TryTake(long credits, long now)
    {
        Turn(now);
        if (credits > Largest || !Fits(credits, _used, Share(_second)))
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
        return Math.Max(0, Share(_second) - _used);
    }

    /// <inheritdoc/>
    public override long TicksUntil(long credits, long now)
    {
        Debug.Assert(credits <= Largest);
        Turn(now);

        // At most two minutes of turns: a debt is never larger than a minute's limit, and a minute has a second that allows something.
        long second = _second;
        long used = _used;
        while (!Fits(credits, used, Share(second)))
        {
            used = Math.Max(0, used - Share(second));
            second++;
        }

        return TicksUntilSecond(second, now);
    }

    /// <inheritdoc/>
    public override long TicksUntilFull(long now)
    {
        Turn(now);
        long second = _second;
        for (long used = _used; used > 0; second++)
        {
            used -= Share(second);
        }

        return TicksUntilSecond(second, now);
    }

    // A second without a share lends nothing: sixty requests a minute are one in each second, thirty are one in every other.
    private static bool Fits(long credits, long used, long share) => share > 0 && (used == 0 || used + credits <= share);

    private long TicksUntilSecond(long second, long now) =>
        second == _second ? 0 : Math.Max(0, (second * TimeSpan.TicksPerSecond) - now);

    private long Share(long second) => AllowedBefore(second + 1) - AllowedBefore(second);

    private long AllowedBefore(long second) =>
        (second / SecondsPerMinute * PerMinute) + (((second % SecondsPerMinute * PerMinute) + SecondsPerMinute - 1) / SecondsPerMinute);

    private void Turn(long now)
    {
        long second = now / TimeSpan.TicksPerSecond;
        if (second > _second)
        {
            _used = Math.Max(0, _used - (AllowedBefore(second) - AllowedBefore(_second)));
            _second = second;
        }
    }
}
