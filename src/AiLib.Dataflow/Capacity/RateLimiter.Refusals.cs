namespace AiLib.Dataflow.Capacity;

/// <summary>What a refusal says about the credits: there are fewer than this limiter believes.</summary>
/// <remarks>
/// <para>A target that refuses a request for a while refuses the others too, and they need not all find out for themselves: the level falls to where the next request waits as
/// long as was told. But some refusals are about one request alone, and others are luck; then a target that goes on serving would be left alone for nothing. So a told
/// wait is believed as far as experience goes: an attempt that begins within one and is answered halves the belief, one that is refused doubles it; and what lies
/// above the beginning fades by a quarter with each refusal after a wait that was kept.</para>
/// <para>Threading: under the lock on the levels, but for the look at <see cref="IsWithinToldWait"/>, which may be out of date by one attempt.</para>
/// </remarks>
public sealed partial class RateLimiter
{
    // Judgement: a wait for credits at a target whose limit is known is shorter than this; a longer one has to be confirmed by a second refusal.
    private static readonly TimeSpan FirstBelief = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan LeastBelief = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MostBelief = TimeSpan.FromSeconds(120);

    // Guarded by the lock on the levels; told times are read without it.
    private long _refusedAt = long.MaxValue;
    private long _toldUntil = long.MinValue;

    // The first of the refusals each of which came within the wait that the one before had told.
    private long _toldSince = long.MaxValue;
    private TimeSpan _belief = FirstBelief;

    /// <summary>Whether an attempt that began then began within a wait that the target had told before. Other refusals may have come since: they are quick, and answers are slow.</summary>
    internal bool IsWithinToldWait(long startedAt) => startedAt < Volatile.Read(ref _toldUntil) && startedAt > Volatile.Read(ref _toldSince);

    /// <summary>An attempt was answered that began within a told wait: the refusal was not about it.</summary>
    internal void OnAnsweredWithinToldWait()
    {
        _state.Sync.Enter();
        _belief = _belief / 2 < LeastBelief ? LeastBelief : _belief / 2;
        _state.Sync.Exit();
    }

    /// <summary>A target refused an attempt and told for how long.</summary>
    /// <param name="startedAt">When the attempt began.</param>
    /// <param name="cost">What it cost, as estimated.</param>
    /// <param name="wait">What the target told.</param>
    /// <param name="now">A timestamp that has just been read.</param>
    internal void OnRefused(long startedAt, in TokenCost cost, TimeSpan wait, long now)
    {
        if (wait <= TimeSpan.Zero)
        {
            return;
        }

        _state.Sync.Enter();
        if (!IsPaced)
        {
            HoldLocked(startedAt, wait, now);
            _state.Sync.Exit();
            return;
        }

        if (startedAt < _toldUntil && startedAt > _refusedAt)
        {
            _belief = _belief * 2 > MostBelief ? MostBelief : _belief * 2;
        }

        // Those that were under way when the first of them was refused say nothing new, and must not make the wait longer.
        bool isNews = startedAt > _refusedAt || _refusedAt == long.MaxValue || now >= _toldUntil;
        if (isNews)
        {
            if (startedAt >= _toldUntil && _belief > FirstBelief)
            {
                // Whoever waits for as long as he is told never sees whether less would have done, as where waits are told in whole seconds: so belief fades until it is put to the test again.
                TimeSpan faded = _belief - (_belief / 4);
                _belief = faded < FirstBelief ? FirstBelief : faded;
            }

            RateLimits limits = RefillLocked(now);
            FurtherLocked(limits);
            limits.Hold(ref _state.Levels, ref _state.Further, cost, _clock.ToUnits(wait < _belief ? wait : _belief));
            if (now >= _toldUntil)
            {
                Volatile.Write(ref _toldSince, now);
            }

            _refusedAt = now;
            Volatile.Write(ref _toldUntil, _clock.After(now, wait));
        }

        _state.Sync.Exit();
    }
}
