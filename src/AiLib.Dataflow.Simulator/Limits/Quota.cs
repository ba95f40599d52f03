namespace AiLib.Dataflow.Simulator.Limits;

/// <summary>The limits on requests and tokens of one account.</summary>
/// <remarks>
/// A request pays on arrival, and what becomes of it later changes nothing: a call that fails has counted, as at OpenAI. A request
/// that the token limit turns away has still used one of the requests; one that the request limit turns away has used nothing.
/// Not thread-safe: the front desk calls it under its lock.
/// </remarks>
internal sealed class Quota
{
    private readonly CreditLimiter? _requests;
    private readonly CreditLimiter? _tokens;

    /// <summary>The limits in the options, with what an earlier quota had already given out.</summary>
    public Quota(SimulatorOptions options, long now, Quota? earlier = null)
    {
        _requests = Create(options, options.RequestsPerMinute, now, earlier?._requests);
        _tokens = Create(options, options.TokensPerMinute, now, earlier?._tokens);
    }

    /// <summary>Takes one request and these tokens, or says which limit is in the way.</summary>
    public LimitRefusal? Take(long tokens, long now)
    {
        if (_tokens is not null && tokens > _tokens.Largest)
        {
            return new LimitRefusal(RefusedBy.Tokens, NeverFits: true, _tokens.Largest, 0, tokens, TimeSpan.Zero);
        }

        return TakeFrom(_requests, RefusedBy.Requests, 1, now) ?? TakeFrom(_tokens, RefusedBy.Tokens, tokens, now);
    }

    /// <summary>What is left now.</summary>
    public QuotaReading Read(long now) => new(Read(_requests, now), Read(_tokens, now));

    private static LimitRefusal? TakeFrom(CreditLimiter? limiter, RefusedBy kind, long credits, long now)
    {
        if (limiter is null || limiter.TryTake(credits, now))
        {
            return null;
        }

        long used = Math.Max(0, limiter.PerMinute - limiter.Remaining(now));
        TimeSpan wait = TimeSpan.FromTicks(limiter.TicksUntil(credits, now));
        return new LimitRefusal(kind, NeverFits: false, limiter.PerMinute, used, credits, wait);
    }

    private static LimitReading? Read(CreditLimiter? limiter, long now) => limiter is null
        ? null
        : new LimitReading(limiter.PerMinute, limiter.Remaining(now), TimeSpan.FromTicks(limiter.TicksUntilFull(now)));

    private static CreditLimiter? Create(SimulatorOptions options, long? perMinute, long now, CreditLimiter? earlier)
    {
        if (perMinute is not { } limit)
        {
            return null;
        }

        // A limit that changes while the server runs does not forget what it has given out.
        long taken = earlier is null ? 0 : earlier.Largest - earlier.Remaining(now);
        return CreditLimiter.Create(options.LimitKind, limit, options.Burst, now, taken);
    }
}
