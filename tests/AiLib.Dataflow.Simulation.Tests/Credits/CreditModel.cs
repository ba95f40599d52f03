using System.Numerics;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>What the ledger of one target shall do, said a second time: in exact numbers, without a thought for speed, and with objects where the product has editions and counters.</summary>
internal sealed partial class CreditModel
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Scale _scale;
    private LimitPlan _plan;
    private long _now;
    private long _requestsTaken;
    private BigInteger _tokensTaken;
    private ModelBucket? _second;
    private ModelBucket? _minute;
    private ModelBucket? _tokens;

    /// <summary>A ledger with full buckets.</summary>
    public CreditModel(LimitPlan plan, Scale scale)
    {
        _plan = plan;
        _scale = scale;
        PutInForce();
    }

    /// <summary>Whether anything is limited.</summary>
    public bool IsLimited => _second is not null || _minute is not null || _tokens is not null;

    /// <summary>Whole requests that could start now; null where nothing limits them.</summary>
    public BigInteger? Requests => _second is null ? _minute?.Available : _minute is null ? _second.Available : BigInteger.Min(_second.Available, _minute.Available);

    /// <summary>Whole tokens that could be spent now; null where nothing limits them.</summary>
    public BigInteger? Tokens => _tokens?.Available;

    /// <summary>Lets time pass up to a timestamp; an earlier one changes nothing.</summary>
    public void MoveTo(long now)
    {
        if (now > _now)
        {
            _second?.Flow(now - _now);
            _minute?.Flow(now - _now);
            _tokens?.Flow(now - _now);
            _now = now;
        }
    }

    /// <summary>How many units until a request of this cost may start; null when it never may.</summary>
    public BigInteger? WaitFor(long cost) => WaitFor(cost, _now);

    /// <summary>The same for one who asks as of an earlier time.</summary>
    public BigInteger? WaitFor(long cost, long now)
    {
        if (_tokens is not null && cost > _plan.LargestCost)
        {
            return null;
        }

        BigInteger requests = BigInteger.Max(_second?.WaitFor(1) ?? 0, _minute?.WaitFor(1) ?? 0);
        return BigInteger.Max(HeldFor(now), BigInteger.Max(requests, _tokens?.WaitFor(Cut(cost)) ?? 0));
    }

    /// <summary>Takes the credits, which are there.</summary>
    public ModelReservation Take(long cost, long now)
    {
        TakeLook(now);
        cost = Cut(cost);
        _second?.Take(1);
        _minute?.Take(1);
        _tokens?.Take(cost);
        if (IsLimited)
        {
            _requestsTaken++;
            _tokensTaken += cost;
        }

        return new ModelReservation(cost, _second, _minute, _tokens, _requestsTaken, _tokensTaken);
    }

    /// <summary>What was really used; null when that is unknown, and then the estimate stays.</summary>
    public void Settle(ModelReservation reservation, long? cost)
    {
        if (cost is { } real && _tokens is not null && _tokens == reservation.FromTokens)
        {
            _tokens.Give(reservation.Cost - real);
        }
    }

    /// <summary>The attempt was never made.</summary>
    public void Refund(ModelReservation reservation)
    {
        if (_second is not null && _second == reservation.FromSecond)
        {
            _second.Give(1);
        }

        if (_minute is not null && _minute == reservation.FromMinute)
        {
            _minute.Give(1);
        }

        Settle(reservation, 0);
    }

    /// <summary>Other limits are configured.</summary>
    public void Update(LimitPlan plan)
    {
        _plan = plan;
        if (!plan.Learns)
        {
            _told.Clear();
        }

        PutInForce();
    }

    // Of more than a bucket holds whose size the target told, the bucket is all that it can take.
    private long Cut(long cost) => _tokens is null ? cost : Math.Min(cost, _tokens.Burst);

    private void PutInForce()
    {
        ModelRate? second = null;
        if (_plan.MicroPerSecond is { } micro)
        {
            BigInteger kept = BigInteger.Max(1, (BigInteger)micro * (1_000_000 - _plan.Headroom) / 1_000_000);
            second = new ModelRate(_scale.FlowOfMicro(kept), _plan.Burst ?? Math.Max(1, micro / 1_000_000));
        }

        ModelRate? minute = _plan.PerMinute is { } requests ? Rate(requests, Minute, _plan.Burst ?? Math.Max(1, requests / 60)) : null;
        ModelRate? tokens = _plan.Tokens is { } perMinute ? Rate(perMinute, Minute, _plan.TokenBurst ?? perMinute) : null;
        _second = Follow(_second, "requests a second", second, Told.Second);
        _minute = Follow(_minute, "requests a minute", minute, Told.Minute);
        _tokens = Follow(_tokens, "tokens", tokens, Told.Tokens);
    }

    private ModelBucket? Follow(ModelBucket? before, string name, ModelRate? configured, Told what)
    {
        ModelRate? rate = configured;
        if (_told.TryGetValue(what, out (long Limit, TimeSpan Window) told))
        {
            long atOnce = what == Told.Tokens ? told.Limit : (long)BigInteger.Max(1, BigInteger.Min(told.Limit, (BigInteger)told.Limit * TimeSpan.TicksPerSecond / told.Window.Ticks));
            ModelRate asTold = Rate(told.Limit, told.Window, atOnce);
            rate = configured is null ? asTold
                : asTold.Flow < configured.Flow ? asTold with { Burst = Math.Min(told.Limit, configured.Burst) }
                : configured;
        }

        if (rate is null)
        {
            return null;
        }

        before?.Change(rate, configured);
        return before ?? new ModelBucket(name, _scale.Credit, rate, configured);
    }

    private ModelRate Rate(long credits, TimeSpan window, long burst) => new(_scale.Flow(credits, window, _plan.Headroom), burst);
}

/// <summary>What an attempt took, and from where.</summary>
/// <param name="Cost">The tokens.</param>
/// <param name="FromSecond">The bucket of requests a second.</param>
/// <param name="FromMinute">The bucket of requests a minute.</param>
/// <param name="FromTokens">The bucket of tokens.</param>
/// <param name="RequestsTaken">How many had ever been taken then.</param>
/// <param name="TokensTaken">How many tokens they had taken.</param>
internal sealed record ModelReservation(long Cost, ModelBucket? FromSecond, ModelBucket? FromMinute, ModelBucket? FromTokens, long RequestsTaken, BigInteger TokensTaken);
