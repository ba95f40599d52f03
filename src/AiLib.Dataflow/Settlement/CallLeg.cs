using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Settlement;

/// <summary>One of the tickets that are on their way for a call that may get a hedge: its first one, or the hedge.</summary>
/// <remarks>Threading: what is told to it goes to the call, whose lock guards what is written here after the ticket has left.</remarks>
/// <param name="call">The call.</param>
/// <param name="attemptsBefore">How many attempts the other leg had made when this one began; 0 for the first.</param>
internal sealed class CallLeg<TRequest, TResponse>(HedgedCall<TRequest, TResponse> call, int attemptsBefore = 0) : ITicketOwner<TRequest, TResponse>
{
    // Set before the ticket is on its way.
    private Ticket<TRequest, TResponse>? _ticket;
    private long _ticketVersion;

    // Guarded by the call's lock.
    private int _attempts;

    /// <summary>Always the same: a leg is of one use.</summary>
    public long Version => 0;

    /// <summary>The call.</summary>
    public HedgedCall<TRequest, TResponse> Call => call;

    /// <summary>Whether this is the hedge.</summary>
    public bool IsHedge => attemptsBefore > 0;

    /// <summary>Whether it can bring nothing more, because its ticket was settled or given up. Guarded by the call's lock.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Its own attempts so far. Only under the call's lock: a leg that is not closed under it has its ticket still.</summary>
    public int Attempts => (IsClosed ? _attempts : _ticket?.Attempts ?? attemptsBefore) - attemptsBefore;

    /// <summary>Gets its ticket, which nobody else knows of yet.</summary>
    public void Begin(Ticket<TRequest, TResponse> ticket)
    {
        _ticket = ticket;
        _ticketVersion = ticket.Version;
    }

    /// <summary>It brings nothing more.</summary>
    /// <param name="attempts">The attempts that its ticket knows of.</param>
    public void Close(int attempts)
    {
        _attempts = attempts;
        IsClosed = true;
    }

    /// <summary>Looks at its attempt, if there is one under way that nobody has cancelled.</summary>
    public bool TryLookAtAttempt(out AttemptFacts<TRequest, TResponse> facts) => _ticket!.TryLookAtAttempt(_ticketVersion, out facts);

    /// <summary>Gives its ticket up: the call has its answer.</summary>
    public void GiveUp(ITicketReturn<TRequest, TResponse> pipeline) => pipeline.GiveUp(_ticket!, _ticketVersion, GiveUpReason.Caller);

    /// <inheritdoc/>
    public void OnGivenUp(long version, in Answer<TResponse> answer) => call.OnGivenUp(this, answer);

    /// <inheritdoc/>
    public void Settle(Ticket<TRequest, TResponse> ticket, ThisThread thread, bool isOutermost) => call.OnSettled(this, ticket, thread);
}
