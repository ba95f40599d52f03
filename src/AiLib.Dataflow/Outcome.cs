namespace AiLib.Dataflow;

/// <summary>What one attempt produced: an answer, or the kind of its failure with everything recovery needs to know.</summary>
/// <typeparam name="TResponse">What a caller gets.</typeparam>
/// <remarks>A value, free to copy and to share between threads. Inside the pipeline a failure is always an outcome, never a thrown exception.</remarks>
public readonly record struct Outcome<TResponse>
{
    private Outcome(OutcomeKind kind, TResponse? response, Exception? error)
    {
        Kind = kind;
        Response = response;
        Error = error;
    }

    /// <summary>What happened.</summary>
    public OutcomeKind Kind { get; init; }

    /// <summary>The answer when <see cref="Kind"/> is <see cref="OutcomeKind.Answered"/>. An endpoint may attach one to a failure as well, such as the provider's error body.</summary>
    public TResponse? Response { get; init; }

    /// <summary>Why it failed; null for an answer, and allowed to be null for a failure.</summary>
    public Exception? Error { get; init; }

    /// <summary>How long the target asks to be left alone; null when it said nothing. Never negative.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What the attempt really cost, in the unit of <see cref="RequestOptions.Cost"/> (LLM tokens); null when unknown, and then the estimate stays charged.</summary>
    public long? Cost { get; init; }

    /// <summary>Why the pipeline made no further attempt, where the error itself does not say it; null otherwise.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the request was answered.</summary>
    public bool IsAnswered => Kind == OutcomeKind.Answered;

    /// <summary>An answer.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="cost">The real cost in LLM tokens, when known.</param>
    public static Outcome<TResponse> Answered(TResponse response, long? cost = null) =>
        new(OutcomeKind.Answered, response, error: null) { Cost = cost };

    /// <summary>A failure of the given kind.</summary>
    /// <param name="kind">Any kind but <see cref="OutcomeKind.Answered"/>.</param>
    /// <param name="error">Why.</param>
    /// <param name="retryAfter">How long the target asks to be left alone; a negative value counts as zero.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is an answer or no kind at all.</exception>
    public static Outcome<TResponse> Failed(OutcomeKind kind, Exception? error = null, TimeSpan? retryAfter = null)
    {
        if (kind is <= OutcomeKind.Answered or > OutcomeKind.Cancelled)
        {
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "A failure needs a kind of failure.");
        }

        return new(kind, response: default, error) { RetryAfter = retryAfter < TimeSpan.Zero ? TimeSpan.Zero : retryAfter };
    }
}
