namespace AiLib.Dataflow;

/// <summary>What one attempt produced: an answer, or the kind of its failure with everything recovery needs to know.</summary>
/// <typeparam name="TResponse">What a caller gets.</typeparam>
/// <remarks>
/// A value, free to copy and to share between threads. Inside the pipeline a failure is always an outcome, never a thrown exception. It is copied some ten
/// times for each request, so it holds what an answer needs; what a failure has, and what a target says about
/// its quotas, lies in an object beside it.
/// </remarks>
public readonly record struct Outcome<TResponse>
{
    private readonly OutcomeDetails? _details;

    // The complement of the cost, so that zero says that it is unknown.
    private readonly long _cost;

    private Outcome(OutcomeKind kind, TResponse? response, OutcomeDetails? details, long? cost)
    {
        Kind = kind;
        Response = response;
        _details = details;
        _cost = cost is { } known ? ~known : 0;
    }

    /// <summary>What happened.</summary>
    public OutcomeKind Kind { get; init; }

    /// <summary>The answer when <see cref="Kind"/> is <see cref="OutcomeKind.Answered"/>. An endpoint may attach one to a failure as well, such as the provider's error body.</summary>
    public TResponse? Response { get; init; }

    /// <summary>Why it failed; null for an answer, and allowed to be null for a failure.</summary>
    public Exception? Error
    {
        get => _details?.Error;
        init => _details = Details with { Error = value };
    }

    /// <summary>How long the target asks to be left alone; null when it said nothing. Never negative.</summary>
    public TimeSpan? RetryAfter
    {
        get => _details?.RetryAfter;
        init => _details = Details with { RetryAfter = value };
    }

    /// <summary>
    /// What the attempt really cost, in the unit of <see cref="RequestOptions.Cost"/> (LLM tokens, input and output together); null when unknown, and then the estimate stays charged.
    /// </summary>
    public long? Cost
    {
        get => _cost == 0 ? null : ~_cost;
        init
        {
            _cost = value is { } cost ? ~cost : 0;
            _details = _details is { Output: not 0 } ? _details with { Output = 0 } : _details;
        }
    }

    /// <summary>The same with input and output apart where they are known, for limits on either; of <see cref="Cost"/> and this the one that is set last counts.</summary>
    public TokenCost? TokenCost
    {
        get => _cost == 0 ? null : KnownCost;
        init
        {
            _cost = value is { } cost ? ~cost.Total : 0;
            long output = value.GetValueOrDefault().Packed;
            _details = output == (_details?.Output ?? 0) ? _details : Details with { Output = output };
        }
    }

    /// <summary>The cost if it is known, else what was estimated.</summary>
    internal TokenCost CostOr(long estimate) => _cost == 0 ? estimate : KnownCost;

    private TokenCost KnownCost => _details is null ? ~_cost : Dataflow.TokenCost.Unpack(~_cost, _details.Output);

    /// <summary>Why the pipeline made no further attempt, where the error itself does not say it; null otherwise.</summary>
    public string? Reason
    {
        get => _details?.Reason;
        init => _details = Details with { Reason = value };
    }

    /// <summary>What the target said about its quotas beside this answer or failure; empty when it said nothing. The memory must not be written to any more.</summary>
    public ReadOnlyMemory<QuotaReading> Readings
    {
        get => _details is null ? default : _details.Readings;
        init => _details = value.IsEmpty && _details is null ? null : Details with { Readings = value };
    }

    /// <summary>
    /// What the target said that one request may cost at most, when it refused this one for costing more (<see cref="OutcomeKind.TooLarge"/>), or because nothing is allowed there
    /// (a limit of 0, with <see cref="OutcomeKind.Exhausted"/>); null otherwise. From then on the pipeline refuses there what costs more.
    /// </summary>
    public CostLimit? CostLimit
    {
        get => _details?.CostLimit;
        init => _details = Details with { CostLimit = value };
    }

    /// <summary>Whether the target said something about its quotas.</summary>
    internal bool HasReadings => _details is { Readings.IsEmpty: false };

    /// <summary>Whether the request was answered.</summary>
    public bool IsAnswered => Kind == OutcomeKind.Answered;

    /// <summary>An answer.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="cost">The real cost in LLM tokens, when known.</param>
    public static Outcome<TResponse> Answered(TResponse response, long? cost = null) =>
        new(OutcomeKind.Answered, response, details: null, cost);

    /// <summary>A failure of the given kind.</summary>
    /// <param name="kind">Any kind but <see cref="OutcomeKind.Answered"/>.</param>
    /// <param name="error">Why.</param>
    /// <param name="retryAfter">How long the target asks to be left alone; a negative value counts as zero.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is an answer or no kind at all.</exception>
    public static Outcome<TResponse> Failed(OutcomeKind kind, Exception? error = null, TimeSpan? retryAfter = null)
    {
        if (!OutcomeKinds.IsFailure(kind))
        {
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "A failure needs a kind of failure.");
        }

        OutcomeDetails details = new(error, retryAfter < TimeSpan.Zero ? TimeSpan.Zero : retryAfter, Reason: null, Readings: default);
        return new(kind, response: default, details, cost: null);
    }

    private OutcomeDetails Details => _details ?? OutcomeDetails.None;
}
