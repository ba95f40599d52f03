using System.Numerics;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>What the target says with its answers and refusals.</summary>
internal sealed partial class CreditModel
{
    private static readonly TimeSpan LeastBelief = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MostBelief = TimeSpan.FromSeconds(120);

    private readonly Dictionary<Told, (long Limit, TimeSpan Window)> _told = [];
    private long _requestsToldAt = long.MinValue;
    private long _tokensToldAt = long.MinValue;
    private long? _refusedAt;
    private BigInteger _toldUntil;

    private enum Told
    {
        Second,
        Minute,
        Tokens,
    }

    /// <summary>How long a wait is believed at most.</summary>
    public TimeSpan Belief { get; private set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>An answer says something about quotas.</summary>
    /// <param name="readings">What.</param>
    /// <param name="startedAt">When its attempt began.</param>
    /// <param name="reservation">What that had taken.</param>
    /// <param name="others">How many other attempts are under way.</param>
    public void Learn(IReadOnlyList<QuotaReading> readings, long startedAt, ModelReservation reservation, int others)
    {
        if (!_plan.Learns)
        {
            return;
        }

        QuotaReading[] news = [.. readings.Where(reading => IsNews(reading, startedAt))];
        _requestsToldAt = news.Any(static reading => reading.Dimension == QuotaDimension.Requests) ? startedAt : _requestsToldAt;
        _tokensToldAt = news.Any(static reading => reading.Dimension == QuotaDimension.Tokens) ? startedAt : _tokensToldAt;
        Array.ForEach(news, reading => Lower(reading, startedAt, reservation, others));
        bool isChanged = false;
        foreach (IGrouping<Told, (Told What, long Limit, TimeSpan Window)> limits in news.Select(Limit).OfType<(Told What, long Limit, TimeSpan Window)>().GroupBy(static told => told.What))
        {
            // Of several the slowest, the first of equals.
            (_, long limit, TimeSpan window) = limits.Aggregate(static (slowest, other) =>
                (BigInteger)other.Limit * slowest.Window.Ticks < (BigInteger)slowest.Limit * other.Window.Ticks ? other : slowest);
            isChanged |= !_told.TryGetValue(limits.Key, out (long, TimeSpan) before) || before != (limit, window);
            _told[limits.Key] = (limit, window);
        }

        if (isChanged)
        {
            // A bucket that is new is full, and what remains is true of it as well.
            PutInForce();
            Array.ForEach(news, reading => Lower(reading, startedAt, reservation, others));
        }
    }

    /// <summary>Whether an attempt began within a wait that had been told before.</summary>
    public bool IsWithinToldWait(long startedAt) => startedAt > _refusedAt && startedAt < _toldUntil;

    /// <summary>An attempt that began within a told wait was answered.</summary>
    public void AnsweredWithinToldWait() => Belief = Belief / 2 < LeastBelief ? LeastBelief : Belief / 2;

    /// <summary>An attempt was refused.</summary>
    /// <returns>How many units the next one like it has to wait at least; null when the refusal says nothing new.</returns>
    public BigInteger? Refuse(long startedAt, long cost, TimeSpan wait, long now)
    {
        if (wait <= TimeSpan.Zero)
        {
            return null;
        }

        if (!IsLimited)
        {
            return RefuseWithoutLimit(startedAt, wait, now);
        }

        if (IsWithinToldWait(startedAt))
        {
            Belief = Belief * 2 > MostBelief ? MostBelief : Belief * 2;
        }

        if (_refusedAt is { } before && startedAt <= before && now < _toldUntil)
        {
            return null;
        }

        _refusedAt = now;
        _toldUntil = now + _scale.Units(wait);
        return Hold(cost, _scale.Units(wait < Belief ? wait : Belief));
    }

    // The bucket that is nearest to its end is the one that has run out; of equals that of tokens, then that of minutes.
    private BigInteger Hold(long cost, BigInteger wait)
    {
        (ModelBucket Bucket, long Credits)[] all =
            [.. new[] { (_tokens, Cut(cost)), (_minute, 1L), (_second, 1L) }.Where(static bucket => bucket.Item1 is not null).Select(static bucket => (bucket.Item1!, bucket.Item2))];
        (ModelBucket nearest, long credits) = all.MaxBy(static bucket => bucket.Bucket.Distance(bucket.Credits));
        nearest.LowerTo(nearest.Level(credits, -wait));
        return BigInteger.Min(wait, nearest.MostWaitFor(credits));
    }

    private bool IsNews(QuotaReading reading, long startedAt) => reading.Dimension switch
    {
        QuotaDimension.Requests => startedAt >= _requestsToldAt,
        QuotaDimension.Tokens => startedAt >= _tokensToldAt,
        _ => false,
    };

    // A limit that there is a bucket for: of a millisecond to a minute, and no larger than can be configured.
    private static (Told What, long Limit, TimeSpan Window)? Limit(QuotaReading reading)
    {
        if (reading.Window is not { } window || window < TimeSpan.FromMilliseconds(1) || window > Minute || reading.Limit is not (> 0 and { } limit))
        {
            return null;
        }

        return reading.Dimension == QuotaDimension.Tokens ? limit > 100_000_000_000 ? null : (Told.Tokens, limit, window)
            : limit > 1_000_000_000 ? null
            : (window <= TimeSpan.FromSeconds(1) ? Told.Second : Told.Minute, limit, window);
    }

    private void Lower(QuotaReading reading, long startedAt, ModelReservation reservation, int others)
    {
        if (reading.Remaining is not { } remaining)
        {
            return;
        }

        bool ofTokens = reading.Dimension == QuotaDimension.Tokens;
        (ModelBucket? bucket, ModelBucket? from) = ofTokens ? (_tokens, reservation.FromTokens)
            : _second is not null && (_minute is null || reading.Window <= TimeSpan.FromSeconds(1)) ? (_second, reservation.FromSecond)
            : (_minute, reservation.FromMinute);
        if (bucket is null)
        {
            return;
        }

        if (bucket == from)
        {
            BigInteger since = ofTokens ? _tokensTaken - reservation.TokensTaken : _requestsTaken - reservation.RequestsTaken;
            bucket.LowerTo(bucket.Level(remaining - since, _now - startedAt));
        }
        else
        {
            BigInteger guess = ofTokens ? (BigInteger)others * reservation.Cost : others;
            bucket.LowerTo(bucket.Level(BigInteger.Max(0, remaining - guess), 0));
        }
    }
}
