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
    private readonly CreditLimiter? _input;
    private readonly CreditLimiter? _output;
    private readonly CreditLimiter? _dayRequests;
    private readonly CreditLimiter? _dayTokens;

    /// <summary>The limits in the options, with what an earlier quota had already given out.</summary>
    public Quota(SimulatorOptions options, long now, Quota? earlier = null)
    {
        _requests = Create(options.RequestLimitKind ?? options.LimitKind, options.RequestsPerMinute, options.Burst, now, earlier?._requests);
        _tokens = Create(options.LimitKind, options.TokensPerMinute, options.Burst, now, earlier?._tokens);
        _input = Create(options.LimitKind, options.InputTokensPerMinute, options.Burst, now, earlier?._input);
        _output = Create(options.LimitKind, options.OutputTokensPerMinute, options.Burst, now, earlier?._output);
        _dayRequests = OfDay(options.RequestsPerDay, now, earlier?._dayRequests);
        _dayTokens = OfDay(options.TokensPerDay, now, earlier?._dayTokens);
    }

    /// <summary>Takes one request and these tokens, or says which limit is in the way.</summary>
    /// <param name="tokens">Tokens of the prompt and of the answer.</param>
    /// <param name="now">The time.</param>
    /// <param name="input">How many of them are of the prompt.</param>
    public LimitRefusal? Take(long tokens, long now, long input = 0) =>
        NeverFits(_tokens, RefusedBy.Tokens, tokens)
        ?? NeverFits(_input, RefusedBy.InputTokens, input)
        ?? NeverFits(_output, RefusedBy.OutputTokens, tokens - input)
        ?? NeverFits(_dayTokens, RefusedBy.DayTokens, tokens)
        ?? TakeFrom(_dayRequests, RefusedBy.DayRequests, 1, now)
        ?? TakeFrom(_requests, RefusedBy.Requests, 1, now)
        ?? TakeFrom(_tokens, RefusedBy.Tokens, tokens, now)
        ?? TakeFrom(_input, RefusedBy.InputTokens, input, now)
        ?? TakeFrom(_output, RefusedBy.OutputTokens, tokens - input, now)
        ?? TakeFrom(_dayTokens, RefusedBy.DayTokens, tokens, now);

    /// <summary>What is left now.</summary>
    public QuotaReading Read(long now) => new(Read(_requests, now), Read(_tokens, now))
    {
        InputTokens = Read(_input, now),
        OutputTokens = Read(_output, now),
        DayRequests = Read(_dayRequests, now),
    };

    private static LimitRefusal? NeverFits(CreditLimiter? limiter, RefusedBy kind, long credits) =>
        limiter is not null && credits > limiter.Largest ? new LimitRefusal(kind, NeverFits: true, limiter.Largest, 0, credits, TimeSpan.Zero) : null;

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

    private static TokenBucketLimiter? OfDay(long? perDay, long now, CreditLimiter? earlier) =>
        perDay is { } limit ? TokenBucketLimiter.OfDay(limit, now, earlier is null ? 0 : earlier.Largest - earlier.Remaining(now)) : null;

    private static CreditLimiter? Create(LimitKind kind, long? perMinute, TimeSpan burst, long now, CreditLimiter? earlier)
    {
        if (perMinute is not { } limit)
        {
            return null;
        }

        // A limit that changes while the server runs does not forget what it has given out.
        long taken = earlier is null ? 0 : earlier.Largest - earlier.Remaining(now);
        return CreditLimiter.Create(kind, limit, burst, now, taken);
    }
}
