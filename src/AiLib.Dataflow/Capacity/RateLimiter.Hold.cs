using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>What refusals do where no limit is known: there are no credits to correct, so everybody is held.</summary>
/// <remarks>
/// <para>One refusal says nothing of the others: a target may turn single requests away and go on serving. Several in a row, without an answer between them, say that it serves nobody, and
/// then nobody is sent for as long as the target told. After that one attempt at a time goes and looks; the first that is answered lets all go.</para>
/// <para>Threading: under the lock on the levels, but for the looks at fields that are rarely written.</para>
/// </remarks>
public sealed partial class RateLimiter
{
    // Of a target that turns away every fifth request, one row in three thousand is so long.
    private const int RowToBelieve = 5;

    // A look in each tenth of the wait, so that what is refused again is a handful; bounded, so that a target that is back is found soon.
    private static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    // Guarded by the lock on the levels; the first two are read without it.
    private int _row;
    private long _heldUntil = long.MinValue;
    private long _holdEnds = long.MinValue;
    private long _lookInterval;

    /// <summary>Whether there were refusals after the last answer.</summary>
    internal bool IsInDoubt => Volatile.Read(ref _row) != 0;

    private bool IsHeld => Volatile.Read(ref _heldUntil) != long.MinValue;

    /// <summary>An attempt was answered: whatever was refused before, the target serves.</summary>
    /// <param name="startedAt">When it began. What began before the end of a hold says nothing against it.</param>
    internal void OnServed(long startedAt)
    {
        _state.Sync.Enter();
        if (startedAt >= _holdEnds)
        {
            Volatile.Write(ref _row, 0);
            Volatile.Write(ref _heldUntil, long.MinValue);
            _holdEnds = long.MinValue;
        }

        _state.Sync.Exit();
    }

    // The lock is held.
    private void HoldLocked(long startedAt, TimeSpan wait, long now)
    {
        Volatile.Write(ref _row, Math.Min(_row + 1, RowToBelieve));

        // Those that were under way when the hold began say nothing new, and must not make it longer; a look does.
        if (_row < RowToBelieve || startedAt < _holdEnds)
        {
            return;
        }

        TimeSpan believed = wait < MostBelief ? wait : MostBelief;
        TimeSpan look = believed / 10 < ShortestLook ? ShortestLook : believed / 10 > LongestLook ? LongestLook : believed / 10;
        _lookInterval = _clock.ToUnits(look);
        _holdEnds = _clock.After(now, believed);
        Volatile.Write(ref _heldUntil, _holdEnds);
    }

    /// <summary>Whether an attempt may go: always, but for a while after refusals.</summary>
    private bool TryPassHold(long now, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        if (!IsHeld)
        {
            return true;
        }

        _state.Sync.Enter();
        long held = HeldForLocked(now);
        if (held == 0)
        {
            PassHoldLocked(now);
        }

        _state.Sync.Exit();
        wait = _clock.ToTimeSpan(held);
        return held == 0;
    }

    private long HeldForLocked(long now) => _heldUntil > now ? _heldUntil - now : 0;

    /// <summary>One goes and looks; the next one goes when that has had its time.</summary>
    private void PassHoldLocked(long now)
    {
        if (_heldUntil != long.MinValue)
        {
            Volatile.Write(ref _heldUntil, Clock.After(now, _lookInterval));
        }
    }

    private TimeSpan HeldFor(long now) =>
        Volatile.Read(ref _heldUntil) is var until && until > now ? _clock.ToTimeSpan(until - now) : TimeSpan.Zero;
}
