namespace AiLib.Dataflow;

/// <summary>A request at the door.</summary>
/// <param name="Request">The request.</param>
/// <param name="Options">What it wants.</param>
/// <param name="Owner">Who is told its answer.</param>
/// <param name="Index">Its place in its stream.</param>
/// <param name="CheckedAt">The timestamp at which the user's checks had been asked.</param>
/// <param name="DeadlineAt">The timestamp after which no attempt starts.</param>
/// <param name="WhenUnavailable">What to do while no target can take it.</param>
/// <param name="Start">The lane it asks for; the complement of a pool's first lane for any of the pool.</param>
/// <param name="Refusal">What a check says against it; null for nothing.</param>
internal readonly record struct Entry<TRequest, TResponse>(
    TRequest Request,
    RequestOptions Options,
    ITicketOwner<TRequest, TResponse> Owner,
    long Index,
    long CheckedAt,
    long DeadlineAt,
    Unavailability WhenUnavailable,
    int Start,
    Refusal? Refusal)
{
    /// <summary>What targets have to know to say what it costs there.</summary>
    public RequestCost<TRequest> Wanted => new(Request, Options.TokenCost);
}
