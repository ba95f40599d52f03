namespace AiLib.Dataflow;

/// <summary>A request at the door.</summary>
/// <remarks>
/// Fields, filled in and read where they lie, and each of the request's options by itself: a copy of the whole that is made right after its parts were written has to wait
/// until they have left the store buffer, some five nanoseconds each time.
/// </remarks>
internal struct Entry<TRequest, TResponse>
{
    /// <summary>The request.</summary>
    public TRequest Request;

    /// <summary>What its caller, or the pipeline, says that it costs; 0 where each target is asked.</summary>
    public TokenCost Cost;

    /// <summary>Who is told its answer.</summary>
    public ITicketOwner<TRequest, TResponse> Owner;

    /// <summary>Its place in its stream.</summary>
    public long Index;

    /// <summary>The timestamp at which the user's checks had been asked.</summary>
    public long CheckedAt;

    /// <summary>The timestamp after which no attempt starts.</summary>
    public long DeadlineAt;

    /// <summary>How long it may take, as its caller said; null for no limit.</summary>
    public TimeSpan? Deadline;

    /// <summary>What a check says against it; null for nothing.</summary>
    public Refusal? Refusal;

    /// <summary>The lane it asks for; the complement of a pool's first lane for any of the pool.</summary>
    public int Start;

    /// <summary>What to do while no target can take it.</summary>
    public Unavailability WhenUnavailable;

    /// <summary>Where a due retry queues up.</summary>
    public RetryPriority RetryPriority;

    /// <summary>Whether only the target that it starts at may answer it.</summary>
    public bool StaysOnTarget;

    /// <summary>What targets have to know to say what it costs there.</summary>
    public readonly RequestCost<TRequest> Wanted => new(Request, Cost);
}
