using System.Numerics;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>What refusals do while nothing is limited: five in a row, and everybody is held.</summary>
internal sealed partial class CreditModel
{
    private const int Row = 5;

    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(120);

    private int _refusedInARow;
    private BigInteger? _holdEnds;
    private BigInteger? _nextMayGo;
    private BigInteger _betweenLooks;

    /// <summary>Whether there were refusals after the last answer.</summary>
    public bool IsInDoubt => _refusedInARow > 0;

    /// <summary>An attempt was answered.</summary>
    public void Served(long startedAt)
    {
        if (_holdEnds is null || startedAt >= _holdEnds)
        {
            _refusedInARow = 0;
            _holdEnds = _nextMayGo = null;
        }
    }

    private BigInteger HeldFor(long now) => IsPaced || _nextMayGo is not { } next ? 0 : BigInteger.Max(0, next - now);

    private void TakeLook(long now) => _nextMayGo = !IsPaced && _nextMayGo is not null ? now + _betweenLooks : _nextMayGo;

    private BigInteger? RefuseWithoutLimit(long startedAt, TimeSpan wait, long now)
    {
        _refusedInARow++;
        if (_refusedInARow < Row || startedAt < _holdEnds)
        {
            return null;
        }

        TimeSpan hold = wait < LongestHold ? wait : LongestHold;
        TimeSpan look = new(Math.Clamp(hold.Ticks / 10, TimeSpan.TicksPerMillisecond * 10, TimeSpan.TicksPerSecond));
        _betweenLooks = _scale.Units(look);
        _holdEnds = _nextMayGo = now + _scale.Units(hold);
        return _scale.Units(hold);
    }
}
