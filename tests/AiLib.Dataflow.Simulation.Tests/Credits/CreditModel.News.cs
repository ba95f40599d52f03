using System.Numerics;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>What the target says with its answers and refusals.</summary>
internal sealed partial class CreditModel
{
    private static readonly TimeSpan FirstBelief = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LeastBelief = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MostBelief = TimeSpan.FromSeconds(120);

    private readonly Dictionary<Told, (long Limit, TimeSpan Window)> _told = [];
    private readonly Dictionary<QuotaDimension, long> _toldAt = [];
    private long? _refusedAt;
    private BigInteger _toldUntil;
    private long? _toldSince;

    private enum Told
    {
        Second,
        Minute,
        Tokens,
        Input,
        Output,
        DayRequests,
        DayTokens,
    }

    /// <summary>How often a day was forgotten that turned out to be no bucket.</summary>
    public int Forgotten { get; private set; }

    /// <summary>How long a wait is believed at most.</summary>
    public TimeSpan Belief { get; private set; } = FirstBelief;

    /// <summary>An answer says something about quotas.</summary>
    /// <param name="readings">What.</param>
    /// <param name="startedAt">When its attempt began.</param>
    /// <param name="reservation">What that had taken.</param>
    /// <param name="like">What one like it costs in parts.</param>
    /// <param name="others">How many other attempts are under way.</param>
    public void Learn(IReadOnlyList<QuotaReading> readings, long startedAt, ModelReservation reservation, TokenCost like, int others)
    {
        if (!_plan.Learns)
        {
            return;
        }

        QuotaReading[] news = [.. readings.Where(reading => IsNews(reading, startedAt))];
        Array.ForEach(news, reading => _toldAt[reading.Dimension] = startedAt);
        Array.ForEach(news, reading => Lower(reading, startedAt, reservation, like, others));
        bool isChanged = false;
        bool isForgotten = false;
        foreach (QuotaReading anew in news.Where(BeginsAnew))
        {
            isForgotten |= Limit(anew) is { } limit && _told.Remove(limit.What);
        }

        isChanged |= isForgotten;

        foreach (IGrouping<Told, (Told What, long Limit, TimeSpan Window)> limits in news.Where(static reading => !BeginsAnew(reading)).Select(Limit).OfType<(Told What, long Limit, TimeSpan Window)>().GroupBy(static told => told.What))
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
            Array.ForEach(news, reading => Lower(reading, startedAt, reservation, like, others));
        }

        Forgotten += isForgotten ? 1 : 0;
    }

    /// <summary>Whether an attempt began within a wait that had been told before.</summary>
    public bool IsWithinToldWait(long startedAt) => startedAt > _toldSince && startedAt < _toldUntil;

    /// <summary>An attempt that began within a told wait was answered.</summary>
    public void AnsweredWithinToldWait() => Belief = Belief / 2 < LeastBelief ? LeastBelief : Belief / 2;

    /// <summary>An attempt was refused.</summary>
    /// <returns>How many units the next one like it has to wait at least; null when the refusal says nothing new.</returns>
    public BigInteger? Refuse(long startedAt, TokenCost cost, TimeSpan wait, long now)
    {
        if (wait <= TimeSpan.Zero)
        {
            return null;
        }

        if (!IsPaced)
        {
            return RefuseWithoutLimit(startedAt, wait, now);
        }

        if (startedAt > _refusedAt && startedAt < _toldUntil)
        {
            Belief = Belief * 2 > MostBelief ? MostBelief : Belief * 2;
        }

        if (_refusedAt is { } before && startedAt <= before && now < _toldUntil)
        {
            return null;
        }

        if (startedAt >= _toldUntil && Belief > FirstBelief)
        {
            TimeSpan faded = Belief - (Belief / 4);
            Belief = faded < FirstBelief ? FirstBelief : faded;
        }

        _toldSince = _toldSince is null || now >= _toldUntil ? now : _toldSince;
        _refusedAt = now;
        _toldUntil = now + _scale.Units(wait);
        return Hold(cost, _scale.Units(wait < Belief ? wait : Belief));
    }

    /// <summary>How long one request takes to flow in, of whichever limit is slower; 0 where there is none.</summary>
    public BigInteger TimeOfRequest => BigInteger.Max(_second?.TimeOfOne ?? 0, _minute?.TimeOfOne ?? 0);

    // The bucket that is nearest to its end is the one that has run out; of equals that of tokens, then that of minutes, of seconds, of input. What a day allows has another size: its
    // credits would be lost for the day.
    private BigInteger Hold(TokenCost cost, BigInteger wait)
    {
        (ModelBucket Bucket, long Credits)[] all =
        [
            .. new[] { (_tokens, Cut(cost.Total)), (_minute, 1L), (_second, 1L), (_input, InputOf(cost)), (_output, OutputOf(cost)) }
                .Where(static bucket => bucket.Item1 is not null).Select(static bucket => (bucket.Item1!, bucket.Item2)),
        ];
        (ModelBucket nearest, long credits) = all.MaxBy(static bucket => bucket.Bucket.Distance(bucket.Credits));
        if (nearest == _minute || nearest == _second)
        {
            // Requests come later by as much; and where their bucket, of a second's worth, cannot wait so long, what can waits as well.
            nearest.LowerBy(wait);
            (ModelBucket Bucket, long Credits)[] others = nearest.CanOwe(wait) ? [] : [.. all.Where(bucket => bucket.Bucket != _minute && bucket.Bucket != _second)];
            foreach ((ModelBucket bucket, long needed) in others)
            {
                bucket.LowerTo(bucket.Level(needed, -wait));
            }
        }
        else
        {
            nearest.LowerTo(nearest.Level(credits, -wait));
        }

        return BigInteger.Min(wait, nearest.MostWaitFor(credits));
    }

    private bool IsNews(QuotaReading reading, long startedAt) => !_toldAt.TryGetValue(reading.Dimension, out long before) || startedAt >= before;

    // A limit that there is a bucket for: of a millisecond to a minute or of a day, and no larger than can be configured.
    private static (Told What, long Limit, TimeSpan Window)? Limit(QuotaReading reading)
    {
        if (reading.Window is not { } window || reading.Limit is not (> 0 and { } limit) || limit > (reading.Dimension == QuotaDimension.Requests ? 1_000_000_000 : 100_000_000_000))
        {
            return null;
        }

        bool isShort = window >= TimeSpan.FromMilliseconds(1) && window <= Minute;
        Told? what = reading.Dimension switch
        {
            QuotaDimension.InputTokens => isShort ? Told.Input : null,
            QuotaDimension.OutputTokens => isShort ? Told.Output : null,
            QuotaDimension.Tokens => isShort ? Told.Tokens : IsOfDay(window) ? Told.DayTokens : null,
            _ => isShort ? window <= TimeSpan.FromSeconds(1) ? Told.Second : Told.Minute : IsOfDay(window) ? Told.DayRequests : null,
        };
        return what is { } known ? (known, limit, window) : null;
    }

    // A day whose quota comes back at one time is another thing than a bucket. Known by a reset that is later than twice the time that an even flow would need, and a minute.
    private static bool BeginsAnew(QuotaReading reading) =>
        IsOfDay(reading.Window) && reading.Limit is > 0 and { } limit && reading.Remaining is { } remaining && reading.FullIn is { } fullIn
        && reading.Dimension is QuotaDimension.Requests or QuotaDimension.Tokens
        && (BigInteger)(fullIn.Ticks - TimeSpan.TicksPerMinute) * limit > 2 * (BigInteger)reading.Window!.Value.Ticks * Math.Max(0, limit - remaining);

    private static bool IsOfDay(TimeSpan? window) => window > TimeSpan.FromHours(1) && window <= Day;

    private void Lower(QuotaReading reading, long startedAt, ModelReservation reservation, TokenCost like, int others)
    {
        if (reading.Remaining is not { } remaining)
        {
            return;
        }

        (ModelBucket? bucket, ModelBucket? from) = reading.Dimension switch
        {
            QuotaDimension.InputTokens => (_input, reservation.FromInput),
            QuotaDimension.OutputTokens => (_output, reservation.FromOutput),
            QuotaDimension.Tokens => IsOfDay(reading.Window) && _dayTokens is not null ? (_dayTokens, reservation.FromDayTokens) : (_tokens, reservation.FromTokens),
            _ when IsOfDay(reading.Window) && _dayRequests is not null => (_dayRequests, reservation.FromDayRequests),
            _ when _second is not null && (_minute is null || reading.Window <= TimeSpan.FromSeconds(1)) => (_second, reservation.FromSecond),
            _ => (_minute, reservation.FromMinute),
        };
        if (bucket is null)
        {
            return;
        }

        // What was taken since by all; and where nothing was counted yet, what each of the others may have taken.
        (BigInteger since, BigInteger each) = reading.Dimension switch
        {
            QuotaDimension.InputTokens => (_inputTaken - reservation.InputTaken, like.Input ?? 0),
            QuotaDimension.OutputTokens => (_outputTaken - reservation.OutputTaken, like.Output ?? 0),
            QuotaDimension.Tokens => (_tokensTaken - reservation.TokensTaken, reservation.Cost),
            _ => ((BigInteger)_requestsTaken - reservation.RequestsTaken, BigInteger.One),
        };
        bucket.LowerTo(bucket == from
            ? bucket.Level(remaining - since, _now - startedAt)
            : bucket.Level(BigInteger.Max(0, remaining - (others * each)), 0));
    }
}
